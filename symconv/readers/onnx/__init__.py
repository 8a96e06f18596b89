"""ONNX models: closed forms out, every unknown named. Needs the onnx package, the extra `symconv[onnx]`."""

from symconv.readers.onnx.load import Reading, read_onnx

__all__ = ["Reading", "read_onnx"]
