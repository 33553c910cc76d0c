"""Data set readers, training, evaluation, Keras to ONNX and phantom images.

May import hematodesk, never the reverse.
"""

# Before anything else: it keeps ONNX Runtime, which is imported here too, off the network.
import hematodesk  # noqa: F401
