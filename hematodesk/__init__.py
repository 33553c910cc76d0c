"""hematodesk: names the white cells in blood-cell microscopy images, offline."""

import os

__version__ = "0.1.0"

# ONNX Runtime's official builds for Linux and macOS (from 1.29 on) send reports on the process and
# its models over the network, and leave an identifier in the home folder. Only this variable keeps
# them from it, and only when it is set before they load, so no module may be earlier.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
