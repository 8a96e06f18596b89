"""ONNX-ML's classical models, and the steps of training."""

from __future__ import annotations

from typing import Any

from symconv.extent import Size
from symconv.layers import Linear
from symconv.readers.onnx.operator import Operator, type_name
from symconv.readers.onnx.registry import ML, TRAINING, counted, shape_only, unknown
from symconv.readers.onnx.value import Value


def _rows(op: Operator) -> Size:
    shape = op.shape(0)
    return shape[0] if len(shape) > 1 else 1


def _labels(op: Operator) -> str:
    strings = op.attribute("classlabels_strings", op.attribute("class_labels_strings", ()))
    return "string" if len(strings) else "int64"


def _many(op: Operator, *names: str) -> int:
    return max((len(op.attribute(n, ())) for n in names if op.has(n)), default=0)


@unknown("comparisons on the way down each tree", "TreeEnsemble", "TreeEnsembleRegressor", domain=ML)
def _trees(op: Operator) -> Value:
    dtype = "float32" if op.kind == "TreeEnsembleRegressor" else op.value(0).dtype
    return op.search("trees", (_rows(op), op.integer("n_targets", 1)), op.value(0), dtype=dtype)


@unknown("comparisons on the way down each tree", "TreeEnsembleClassifier", domain=ML)
def _tree_classifier(op: Operator) -> list[Value | None]:
    return _classified(op, lambda n: op.search("trees", n, op.value(0), dtype="float32"))


def _classified(op: Operator, score: Any) -> list[Value | None]:
    rows, classes = _rows(op), _many(op, "classlabels_strings", "classlabels_int64s", "classlabels_ints")
    scores = score((rows, max(classes, 1)))
    return [op.move("labels", (rows,), scores, dtype=_labels(op)), scores]


@counted("C macs and an add a class", "LinearClassifier", domain=ML)
def _linear_classifier(op: Operator) -> list[Value | None]:
    shape, x = op.shape(0), op.value(0)
    classes = _many(op, "classlabels_strings", "classlabels_ints") or _many(op, "intercepts") or 1
    made = op.add(Linear(_many(op, "intercepts") or classes, op.has("intercepts")), x, dtype="float32")
    rows = shape[0] if len(shape) > 1 else 1
    scores = op.look("scores", (rows, classes), made)
    return [op.move("labels", (rows,), made, dtype=_labels(op)), scores]


@counted("C macs and an add a target", "LinearRegressor", domain=ML)
def _linear_regressor(op: Operator) -> Value:
    made = op.add(Linear(op.integer("targets", 1), op.has("intercepts")), op.value(0), dtype="float32")
    return op.look("scores", (_rows(op), op.integer("targets", 1)), made)


@unknown("kernels of the support vectors", "SVMClassifier", domain=ML)
def _svm_classifier(op: Operator) -> list[Value | None]:
    return _classified(op, lambda n: op.unknown(n, op.value(0), dtype="float32"))


@unknown("kernels of the support vectors", "SVMRegressor", domain=ML)
def _svm_regressor(op: Operator) -> Value:
    return op.unknown((_rows(op), 1), op.value(0), dtype="float32")


@counted("1 add, 1 mul an element", "Scaler", domain=ML)
def _scaler(op: Operator) -> Value:
    return op.pointwise("scale_and_shift", op.value(0), dtype="float32")


@counted("1 max an element", "Binarizer", "Imputer", domain=ML)
def _compared(op: Operator) -> Value:
    return op.pointwise("compare", op.value(0))


@counted("1 mul, 1 add, 1 div an element", "Normalizer", domain=ML)
def _normalizer(op: Operator) -> Value:
    return op.pointwise("scale_and_shift", op.value(0), dtype="float32")


@shape_only("a lookup", "LabelEncoder", "CategoryMapper", domain=ML)
def _encoder(op: Operator) -> Value:
    kinds = {"values_strings": "string", "values_int64s": "int64", "values_floats": "float32"}
    dtype = next((t for a, t in kinds.items() if op.has(a)), op.value(0).dtype)
    if op.has("values_tensor"):
        dtype = type_name(op.attribute("values_tensor").data_type)
    return op.move("lookup", op.shape(0), op.value(0), dtype=dtype)


@shape_only("columns by their numbers", "ArrayFeatureExtractor", domain=ML)
def _extractor(op: Operator) -> Value:
    shape, where = op.shape(0), op.shape(1)
    many = op.reader.product(where)
    made = (1, many) if len(shape) == 1 else (*shape[:-1], many)
    return op.move("gather", made, op.value(0), op.value(1), dtype=op.value(0).dtype)


@shape_only("one at a place, zero elsewhere", "OneHotEncoder", domain=ML)
def _one_hot(op: Operator) -> Value:
    return op.move("one_hot", (*op.shape(0), _many(op, "cats_int64s", "cats_strings")), op.value(0), dtype="float32")


@shape_only("columns side by side", "FeatureVectorizer", domain=ML)
def _vectorizer(op: Operator) -> Value:
    columns = op.integers("inputdimensions")
    return op.move("concat", (_rows(op), sum(columns)), *op.inputs, dtype="float32")


@shape_only("a map's values as a row", "DictVectorizer", "CastMap", domain=ML)
def _map(op: Operator) -> Value:
    return op.move(
        "lookup",
        (1, _many(op, "int64_vocabulary", "string_vocabulary") or op.free("keys")),
        op.value(0),
        dtype="float32",
    )


@shape_only("rows as maps", "ZipMap", domain=ML)
def _zip_map(op: Operator) -> Value:
    return Value(None, "float32", node=op.value(0).node, items=None)


def _step(op: Operator, operation: str, each: int) -> list[Value | None]:
    """The new values of tensors, and of what is kept beside each: R, T, then all X, all G, all states."""
    many = (len(op.inputs) - 2) // each
    tensors = [op.value(2 + i) for i in range(many)]
    made: list[Value | None] = [op.pointwise(operation, x, weights=False) for x in tensors]
    for k in range(2, each):
        made += [op.move("state", op.shape(2 + k * many + i), op.value(2 + k * many + i)) for i in range(many)]
    return made


counted("5 add, 8 mul, 1 div, 1 sqrt a weight", "Adam", domain=TRAINING)(lambda op: _step(op, "adam", 4))
counted("3 add, 4 mul, 1 div, 1 sqrt a weight", "Adagrad", domain=TRAINING)(lambda op: _step(op, "adagrad", 3))
counted("2 add, 4 mul a weight", "Momentum", domain=TRAINING)(lambda op: _step(op, "momentum", 3))


@unknown("the derivative of a part of the graph", "Gradient", domain=TRAINING)
def _gradient(op: Operator) -> list[Value | None]:
    return [op.unknown(op.shape(i), op.value(i)) for i in range(op.outputs)]
