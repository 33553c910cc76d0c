"""Model packages, providers, sessions and preprocessing. The only room that imports onnxruntime."""
