"""Use cases, without Qt, SQL or ONNX types: what the window and the command line share."""
