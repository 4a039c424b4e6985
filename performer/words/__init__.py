"""Words: a verse model of a few million weights, read token by token with ONNX Runtime. Imports no
PyTorch."""
