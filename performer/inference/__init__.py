"""What could come next: ONNX graphs, the live minds over them, and sampling under constraints. ONNX Runtime is imported in `onnx` only."""
