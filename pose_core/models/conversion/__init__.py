"""From the networks inside a model file to ONNX."""
