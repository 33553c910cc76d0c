"""Data set readers, training, evaluation, Keras to ONNX and phantom images.

May import hematodesk, never the reverse.
"""
