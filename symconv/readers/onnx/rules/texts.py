"""Operators on texts, none of which does arithmetic on numbers, and a picture decoded."""

from __future__ import annotations

from symconv.readers.onnx.operator import Operator
from symconv.readers.onnx.registry import shape_only, unknown
from symconv.readers.onnx.value import Value


@shape_only("texts put together", "StringConcat")
def _string_concat(op: Operator) -> Value:
    return op.pointwise("where", op.value(0), op.value(1), dtype="string", weights=False)


@shape_only("texts changed; stop words may be left out", "StringNormalizer")
def _string_normalizer(op: Operator) -> Value:
    shape = op.shape(0)
    left = op.has("stopwords") and len(op.attribute("stopwords", ())) > 0
    made = (*shape[:-1], op.free("kept")) if left else shape
    return op.move("text", made, op.value(0))


@shape_only("texts in parts, as many as the one with most has", "StringSplit")
def _string_split(op: Operator) -> list[Value | None]:
    x, shape = op.value(0), op.shape(0)
    parts = op.move("text", (*shape, op.free("parts")), x)
    return [parts, op.move("text", shape, parts, dtype="int64")]


@shape_only("whether texts match", "RegexFullMatch")
def _regex(op: Operator) -> Value:
    return op.move("text", op.shape(0), op.value(0), dtype="bool")


@unknown("words counted: how many comparisons depends on the text", "TfIdfVectorizer")
def _tfidf(op: Operator) -> Value:
    shape = op.shape(0)
    indexes = op.integers("ngram_indexes")
    columns = max(indexes) + 1 if indexes else op.free("columns")
    made = (*shape[:-1], columns) if len(shape) > 1 else (columns,)
    return op.unknown(made, op.value(0), dtype="float32")


@unknown("a picture decoded", "ImageDecoder")
def _image(op: Operator) -> Value:
    channels = 1 if op.word("pixel_format", "RGB") == "Grayscale" else 3
    return op.unknown((op.free("height"), op.free("width"), channels), op.value(0), dtype="uint8")
