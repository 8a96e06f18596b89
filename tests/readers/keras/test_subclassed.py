"""Models and layers with a `call` of their own, read by calling them with symbols for shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from readers.keras.witness import counted, fed, functional, keras, parameters
from symconv.errors import ModelError
from symconv.readers.keras import read_keras

pytestmark = pytest.mark.torch
L, ops = keras.layers, keras.ops


class Block(L.Layer):
    """A transformer's block, with a weight of its own."""

    def __init__(self, width: int, heads: int, **options: Any) -> None:
        super().__init__(**options)
        self.norms = [L.LayerNormalization(), L.LayerNormalization()]
        self.attention = L.MultiHeadAttention(heads, width // heads, dropout=0.1)
        self.mlp = keras.Sequential([L.Dense(4 * width, activation="gelu"), L.Dense(width)])
        self.drop = L.Dropout(0.1)

    def build(self, shape: Any) -> None:
        for norm in self.norms:
            norm.build(shape)
        self.attention.build(shape, shape)
        self.mlp.build(shape)
        self.gamma = self.add_weight(shape=(shape[-1],), name="gamma")

    def call(self, x: Any, training: bool | None = None) -> Any:
        y = self.norms[0](x)
        x = x + self.drop(self.attention(y, y), training=training) * self.gamma
        return x + self.mlp(self.norms[1](x))


class ViT(keras.Model):
    """A vision transformer whose tokens follow from the image."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.patches = L.Conv2D(16, 4, strides=4)
        self.norm = L.BatchNormalization()
        self.blocks = [Block(16, 2, name=f"block{i}") for i in range(2)]
        self.places = L.Embedding(400, 16)
        self.head = L.Dense(3)

    def build(self, shape: Any) -> None:
        self.patches.build(shape)
        self.norm.build((None, None, None, 16))
        self.token = self.add_weight(shape=(1, 1, 16), name="token")
        for block in self.blocks:
            block.build((None, None, 16))
        self.places.build(None)
        self.head.build((None, 16))

    def call(self, image: Any, training: bool = False) -> Any:
        x = self.norm(self.patches(image), training=training)
        n, h, w, c = ops.shape(x)
        x = ops.reshape(x, (n, h * w, c))
        x = ops.concatenate([ops.broadcast_to(self.token, (n, 1, c)), x], axis=1)
        x = x + self.places(ops.arange(h * w + 1))
        for block in self.blocks:
            x = block(x, training=training)
        return self.head(x[:, 0])


def _vit() -> Any:
    model = ViT(name="vit")
    model(np.zeros((2, 32, 48, 3), "float32"))
    return model


def _state(model: Any) -> list[Any]:
    uids = keras.src.backend.common.global_state.get_global_attribute("object_name_uids")
    parts = model._flatten_layers(include_self=True, recursive=True)
    values = [v.numpy().tobytes() for v in model.variables]
    return [[(id(p), {k: id(v) for k, v in vars(p).items()}) for p in parts], dict(uids), values,
            [len(p._inbound_nodes) for p in parts], [len(p._outbound_nodes) for p in parts]]  # fmt: skip


def test_a_subclassed_model_is_exact_at_sizes_that_it_was_not_called_at() -> None:
    model = _vit()
    net = read_keras(model)
    assert sum(parameters(net)) == model.count_params()
    for shape in ((1, 20, 28, 3), (2, 37, 26, 3)):
        done, made = counted(lambda shape=shape: model(fed(shape), training=False))
        at = dict(zip("NHW", shape))
        assert net.evaluate("macs", **at) == done
        assert net.substitute(**at).output.shape == tuple(made.shape)
    assert net.notes == {}


def test_the_model_is_left_as_it_was() -> None:
    model = _vit()
    before = _state(model)
    read_keras(model)
    assert _state(model) == before


def test_a_reading_that_fails_leaves_the_model_as_it_was() -> None:
    class Broken(ViT):
        def call(self, image: Any, training: bool = False) -> Any:
            made = super().call(image, training=training)
            if not isinstance(image, np.ndarray) and "Keras" in type(image).__name__:
                raise RuntimeError("no symbols, please")
            return made

    model = Broken(name="broken")
    model(np.zeros((2, 32, 48, 3), "float32"))
    before = _state(model)
    with pytest.raises(ModelError, match="no symbols, please"):
        read_keras(model)
    assert _state(model) == before


def test_two_readings_are_the_same() -> None:
    model = _vit()
    first, second = read_keras(model), read_keras(model)
    assert [(n.name, n.layer, n.out) for n in first.nodes] == [(n.name, n.layer, n.out) for n in second.nodes]


def test_names_are_paths_below_the_layer() -> None:
    names = [n.name for n in read_keras(_vit()).nodes]
    assert any(name.startswith("block0/multi_head_attention") and name.endswith("/query") for name in names)
    assert any(name.startswith("block1/sequential") for name in names)


def test_a_layer_of_ones_own_in_a_functional_model() -> None:
    model = functional(Block(8, 2, name="block"), [(None, 8)])
    net = read_keras(model)
    assert sum(parameters(net)) == model.count_params()
    for shape in ((1, 7, 8), (2, 4, 8)):
        done, _ = counted(lambda shape=shape: model(fed(shape), training=False))
        assert net.evaluate("macs", N=shape[0], T=shape[1]) == done


def test_products_of_weights_alone_are_counted_as_they_run() -> None:
    class Factored(L.Layer):
        def build(self, shape: Any) -> None:
            self.down = self.add_weight(shape=(shape[-1], 2), name="down")
            self.up = self.add_weight(shape=(2, 5), name="up")

        def call(self, x: Any) -> Any:
            return ops.matmul(x, ops.matmul(self.down, self.up))

    model = functional(Factored(), [(None, 6)])
    net = read_keras(model)
    done, _ = counted(lambda: model(fed((2, 3, 6)), training=False))
    assert net.evaluate("macs", N=2, T=3) == done
    assert sum(parameters(net)) == model.count_params()


def test_a_branch_on_an_extent_is_a_condition() -> None:
    class Padded(L.Layer):
        def call(self, x: Any) -> Any:
            return x[:, :-1] if x.shape[1] > 9 else x

    net = read_keras(functional(Padded(), [(None, 6)]))
    assert str(net.domain) == "T ≥ 10"


def test_numbers_and_names_of_inputs_that_are_not_known_are_asked_for() -> None:
    class Two(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = L.Dense(3)

        def call(self, a: Any, b: Any) -> Any:
            return self.dense(a) + b

    model = Two()
    with pytest.raises(ModelError, match="is not built: call it once"):
        read_keras(model)
    model(np.zeros((2, 5), "float32"), np.zeros((2, 3), "float32"))
    with pytest.raises(ModelError, match="nothing is known of the shape of its input b"):
        read_keras(model)
    net = read_keras(model, dims={"b": ("N", 3)})
    assert net.evaluate("macs", N=4) == 4 * 15


def test_inputs_in_a_dictionary_are_named_by_their_keys() -> None:
    class Keyed(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = L.Dense(3)

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs["left"]) * inputs["right"]

    model = Keyed()
    model({"left": np.zeros((2, 5), "float32"), "right": np.zeros((2, 3), "float32")})
    net = read_keras(model)
    assert sorted(net.inputs) == ["left", "right"]
    assert net.evaluate("macs", N=2) == 30


def test_a_call_that_cannot_be_followed_is_an_error_that_names_the_layer() -> None:
    import torch

    class Raw(L.Layer):
        def call(self, x: Any) -> Any:
            return torch.relu(x)

    model = functional(lambda x: L.Dense(2)(Raw(name="raw")(x)), [(6,)])
    with pytest.raises(ModelError, match=r"layer raw \(Raw\): its call cannot be followed"):
        read_keras(model)


def test_random_numbers_and_zeros_of_the_batch_are_made_of_nothing() -> None:
    class Sampled(L.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.seed = keras.random.SeedGenerator(3)

        def call(self, x: Any) -> Any:
            n, d = ops.shape(x)
            return x + keras.random.normal((n, d), seed=self.seed) + ops.zeros((n, d))

    model = functional(Sampled(), [(6,)])
    before = [v.numpy().tolist() for v in model.variables]
    net = read_keras(model)
    assert net.output.shape == (net.symbols["N"], 6)
    assert [v.numpy().tolist() for v in model.variables] == before


class Looped(L.Layer):
    """A recurrent layer that a loop unrolls."""

    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight(shape=(shape[-1], 4), name="kernel")

    def call(self, x: Any) -> Any:
        return ops.stack([ops.matmul(x[:, i], self.kernel) for i in range(x.shape[1])], axis=1)


def test_a_loop_over_an_open_extent_is_an_error_that_says_what_helps() -> None:
    given = keras.Input((None, 6), name="x")
    outer = Looped(name="looped")
    outer.build((None, None, 6))
    model = keras.Model(given, L.Dense(2)(keras.layers.Lambda(lambda x: x)(given)))
    assert read_keras(model).evaluate("macs", N=1, T=5) == 60

    class Whole(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="whole")
            self.looped = Looped(name="looped")

        def call(self, x: Any) -> Any:
            return self.looped(x)

    whole = Whole()
    whole(np.zeros((2, 7, 6), "float32"))
    assert read_keras(whole).evaluate("macs", N=3) == 3 * 7 * 24
    with pytest.raises(ModelError, match=r"makes a number of T.*dims=\{\"x:1\": "):
        read_keras(whole, dims={"x:1": "T"})
    assert read_keras(whole, dims={"x:1": 7}).evaluate("macs", N=3) == 3 * 7 * 24


def test_a_float_of_a_static_side_leaves_that_side_a_number() -> None:
    class Halved(L.Layer):
        def call(self, x: Any) -> Any:
            return x[:, : int(x.shape[1] / 2)]

    given = keras.Input((8, 10, 3), name="x")
    net = read_keras(keras.Model(given, L.Conv2D(4, 3)(Halved(name="halved")(given))))
    assert str(net.inputs["x"]) == "N×8×W×3"
    assert [text.partition(":")[0] for text in net.notes] == ["H is 8, and no symbol"]


def test_a_head_that_is_tied_to_a_table_keeps_it_once() -> None:
    class Tied(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="tied")
            self.table = L.Embedding(11, 4)

        def call(self, ids: Any) -> Any:
            return ops.matmul(self.table(ids), ops.transpose(self.table.embeddings))

    model = Tied()
    model(np.zeros((2, 5), "int32"))
    net = read_keras(model, dims={"ids:1": "T"})
    assert sum(parameters(net)) == model.count_params() == 44
    assert net.evaluate("macs", N=2, T=3) == 2 * 3 * 44


def test_a_choice_by_parity_is_a_congruence() -> None:
    class Even(L.Layer):
        def call(self, x: Any) -> Any:
            return ops.pad(x, ((0, 0), (0, 1), (0, 0))) if x.shape[1] % 2 else x

    class Tokens(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="tokens")
            self.even = Even()

        def call(self, x: Any) -> Any:
            return self.even(x)

    model = Tokens()
    model(np.zeros((2, 6, 3), "float32"))
    net = read_keras(model, dims={"x:1": "T"})
    assert str(net.domain) == "T ≡ 0 (mod 2)"


def test_a_built_in_layer_with_a_call_of_ones_own_is_read_by_calling_it() -> None:
    class Doubled(L.Dense):
        def call(self, x: Any) -> Any:
            return super().call(x) * 2

    model = functional(Doubled(5, activation="relu", name="doubled"), [(None, 6)])
    net = read_keras(model)
    assert sum(parameters(net)) == model.count_params() == 35
    done, _ = counted(lambda: model(fed((2, 3, 6)), training=False))
    assert net.evaluate("macs", N=2, T=3) == done
    assert net.count()["max"] == net.output.elements


@pytest.mark.parametrize("number", [1, 2, 5, 12])
def test_a_shadow_counts_as_its_number_and_as_its_extent(number: int) -> None:
    from symconv.extent import size_of
    from symconv.readers.keras.value import Shadow, size_of_int
    from symconv.symbols import symbol
    from symconv.values import evaluate

    t = symbol("T")
    shadow = Shadow.of(size_of(t), number, lambda condition: None)
    steps = [
        lambda x: x + 3, lambda x: 3 + x, lambda x: x * x - 1, lambda x: 20 - x, lambda x: x // 2, lambda x: 20 // x,
        lambda x: x % 5, lambda x: 20 % x, lambda x: -x, lambda x: x**2, lambda x: sum(divmod(x, 3)), lambda x: x // -2,
    ]  # fmt: skip
    for step in steps:
        made = step(shadow)
        assert int(made) == step(number)
        size = size_of_int(made)
        assert (size if isinstance(size, int) else evaluate(size, {t: number})) == step(number)
    assert (shadow == number, shadow < number, shadow >= number, shadow != number) == (True, False, True, False)
