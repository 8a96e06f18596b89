"""ONNX models for tests: small ones by hand, random ones by a generator."""

import random
from itertools import pairwise

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

F = TensorProto.FLOAT


def model(nodes, inputs, outputs=("y",), weights=(), opset=17, **more):
    """A model; `inputs` are (name, shape) or (name, shape, type), `weights` arrays by name."""
    given = [helper.make_tensor_value_info(n, t[0] if t else F, shape) for n, shape, *t in inputs]
    made = [helper.make_empty_tensor_value_info(n) for n in outputs]
    kept = [numpy_helper.from_array(np.asarray(a), n) for n, a in dict(weights).items()]
    graph = helper.make_graph(list(nodes), "g", given, made, kept, **more)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def node(kind, inputs, outputs="y", **attributes):
    """A node with its inputs and outputs in words."""
    return helper.make_node(kind, inputs.split(), outputs.split(), name=f"{kind}_{outputs.split()[0]}", **attributes)


def saved(made, path):
    """The path of a model that was written there."""
    onnx.save(made, str(path))
    return path


def chain(nodes):
    """So many convolutions one behind the other, all with the same weights."""
    names = ["x", *(f"t{i}" for i in range(1, nodes)), "y"]
    made = [node("Conv", f"{a} w", b, pads=[1, 1, 1, 1]) for a, b in pairwise(names)]
    return model(made, [("x", ["N", 8, "H", "W"])], weights={"w": np.zeros((8, 8, 3, 3), np.float32)})


class Random:
    """A random graph of image layers with dynamic N, H, W, or static extents that are baked into reshapes."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.nodes, self.weights, self.count = [], {}, 0
        self.static = self.rng.random() < 0.3

    def name(self):
        self.count += 1
        return f"t{self.count}"

    def weight(self, *shape):
        name = f"w{len(self.weights)}"
        self.weights[name] = np.zeros(shape, dtype=np.float32)
        return name

    def integers(self, *values):
        name = f"i{len(self.weights)}"
        self.weights[name] = np.array(values, dtype=np.int64)
        return name

    def add(self, kind, inputs, many=1, **attributes):
        outputs = [self.name() for _ in range(many)]
        self.nodes.append(helper.make_node(kind, inputs, outputs, name=f"{kind}_{outputs[0]}", **attributes))
        return outputs[0] if many == 1 else outputs

    def window(self, kernel):
        rng = self.rng
        mode = rng.choice(["none", "pads", "pads", "SAME_UPPER", "SAME_LOWER", "VALID"])
        made = {"strides": [rng.choice([1, 1, 2, 3]), rng.choice([1, 2])], "kernel_shape": kernel}
        if mode == "pads":
            made["pads"] = [rng.randint(0, k // 2) for k in (*kernel, *kernel)]
        elif mode != "none":
            made["auto_pad"] = mode
        return made

    def build(self, layers=8):
        rng = self.rng
        x, c = "x", 4
        for _ in range(layers):
            kind = rng.choice(
                ["conv", "conv", "grouped", "dilated", "transposed", "max", "average", "resize", "pad", "slice",
                 "concat", "residual", "excite", "reshape", "relu", "global"]
            )  # fmt: skip
            if kind in ("conv", "grouped", "dilated"):
                kernel = [rng.randint(1, 4), rng.randint(1, 3)]
                more = self.window(kernel)
                groups = rng.choice([2, 4]) if kind == "grouped" and c % 4 == 0 else 1
                if kind == "dilated":
                    more["dilations"] = [rng.randint(1, 3), rng.randint(1, 2)]
                    if "auto_pad" in more:
                        del more["auto_pad"]
                out = rng.choice([4, 8])
                inputs = [x, self.weight(out, c // groups, *kernel)]
                if rng.random() < 0.5:
                    inputs.append(self.weight(out))
                x, c = self.add("Conv", inputs, group=groups, **more), out
            elif kind == "transposed":
                stride = rng.choice([1, 2])
                more = {"strides": [stride, stride], "kernel_shape": [3, 3]}
                choice = rng.choice(["pads", "same", "extra"])
                if choice == "pads":
                    more["pads"] = [1, 0, 1, 1]
                elif choice == "same":
                    more["auto_pad"] = "SAME_UPPER"
                elif stride > 1:
                    more["output_padding"] = [1, 0]
                x = self.add("ConvTranspose", [x, self.weight(c, 4, 3, 3)], **more)
                c = 4
            elif kind in ("max", "average"):
                kernel = [rng.randint(1, 3), rng.randint(2, 3)]
                more = self.window(kernel)
                if "auto_pad" not in more:
                    more["ceil_mode"] = rng.randint(0, 1)
                elif more["auto_pad"] != "VALID":  # onnxruntime refuses windows that lie apart there
                    more["strides"] = [min(s, k) for s, k in zip(more["strides"], kernel)]
                x = self.add("MaxPool" if kind == "max" else "AveragePool", [x], **more)
            elif kind == "resize":
                scale = rng.choice([2.0, 1.5, 0.5, 0.7, 3.0])
                name = f"s{len(self.weights)}"
                self.weights[name] = np.array([1, 1, scale, scale], dtype=np.float32)
                x = self.add("Resize", [x, "", name], mode=rng.choice(["nearest", "linear"]))
            elif kind == "pad":
                pads = self.integers(0, 0, rng.randint(0, 2), 1, 0, 0, 1, rng.randint(0, 3))
                x = self.add("Pad", [x, pads])
            elif kind == "slice":
                begin, end = rng.choice([(0, -1), (1, 2**62), (-3, 2**62), (0, 5), (-4, -1)])
                steps = rng.choice([1, 2])
                x = self.add(
                    "Slice", [x, self.integers(begin), self.integers(end), self.integers(2), self.integers(steps)]
                )
            elif kind == "concat":
                x, c = self.add("Concat", [x, self.add("Relu", [x])], axis=1), 2 * c
            elif kind == "residual":
                y = self.add("Conv", [x, self.weight(c, c, 3, 3)], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
                x = self.add("Add", [x, y])
            elif kind == "excite":
                s = self.add("GlobalAveragePool", [x])
                s = self.add("Conv", [s, self.weight(c, c, 1, 1)], kernel_shape=[1, 1])
                x = self.add("Mul", [x, self.add("Sigmoid", [s])])
            elif kind == "reshape":
                shape = self.add("Shape", [x])
                n = self.add("Gather", [shape, self.integers(0)], axis=0)
                h = self.add("Slice", [shape, self.integers(2), self.integers(4), self.integers(0)])
                flat = self.add("Reshape", [x, self.add("Concat", [n, self.integers(c, -1)], axis=0)])
                flat = self.add("MatMul", [self.add("Transpose", [flat], perm=[0, 2, 1]), self.weight(c, c)])
                back = self.add("Concat", [n, self.integers(c), h], axis=0)
                x = self.add("Reshape", [self.add("Transpose", [flat], perm=[0, 2, 1]), back])
            elif kind == "global":
                s = self.add("ReduceMean", [x], axes=[2, 3], keepdims=1)
                x = self.add("Sub", [x, s])
            else:
                x = self.add("Relu", [x])
            if c > 32:
                x, c = self.add("Conv", [x, self.weight(4, c, 1, 1)], kernel_shape=[1, 1]), 4
        pooled = self.add("GlobalAveragePool", [x])
        flat = (
            self.add("Flatten", [pooled]) if rng.random() < 0.5 else self.add("Reshape", [pooled, self.integers(0, c)])
        )
        last = self.add("Gemm", [flat, self.weight(c, 10)])
        return model(self.nodes, [("x", ["N", 4, "H", "W"])], [last], self.weights)


def out(kind, inputs="x", outputs="y", **attributes):
    """A node; `_` is an input that is left out."""
    made = node(kind, inputs, outputs, **attributes)
    made.input[:] = ["" if name == "_" else name for name in made.input]
    return made


def ints(*numbers):
    return np.array(numbers, np.int64)


def floats(*numbers):
    return np.array(numbers, np.float32)


def zeros(*shape, dtype=np.float32):
    return np.zeros(shape, dtype)
