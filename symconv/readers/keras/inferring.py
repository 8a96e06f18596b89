"""Operations without a rule: what Keras says of their outputs' shapes, at several sizes, as extents of the inputs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from symconv.errors import ModelError
from symconv.extent import Size, size_of, symbols_of
from symconv.readers.keras.value import Shadow, Value
from symconv.tensor import Tensor
from symconv.values import evaluate

if TYPE_CHECKING:
    from symconv.readers.keras.call import Call

#: How many times as large as at first each symbol is, the first of them, the next ones by one more each.
TRIED: Final = (1, 2, 7)


def _spec(call: Call, extent: Callable[[Size], int | None]) -> Any:
    """What Keras says of the outputs where the inputs' extents are these; None where it cannot tell.

    Raises ModelError with its reason.
    """
    from keras import KerasTensor, StatelessScope, tree

    def tensor(x: Any) -> Any:
        if isinstance(x, Value):
            return KerasTensor(tuple(map(extent, x.shape)), x.dtype, name="symconv")
        return int(x) if isinstance(x, Shadow) else x

    args, kwargs = tree.map_structure(tensor, (call.args, call.kwargs))
    try:
        with StatelessScope():
            return call.op.compute_output_spec(*args, **kwargs)
    except Exception as error:  # Keras, a backend or the user's own code may raise anything
        why = str(error).strip().splitlines()
        raise ModelError(
            f"layer {call.name} ({call.kind}): it has no rule, and Keras cannot tell its shape: "
            f"{type(error).__name__}: {why[0] if why else 'no reason'}"
        ) from None


def shapes(call: Call) -> tuple[Any, list[Tensor]]:
    """The structure of the outputs as Keras has it, and the tensors in it.

    An extent that is that of an input at all sizes tried is taken for it; one that changes otherwise is an unknown.

    Raises ModelError where Keras cannot tell.
    """
    from keras import tree

    given = [v for v in tree.flatten((call.args, call.kwargs)) if isinstance(v, Value)]
    known = [x for v in given for x in v.shape if not isinstance(x, int)]
    symbols = sorted({s for x in known for s in symbols_of(x)}, key=lambda s: s.key)
    sizes = [{s: (call.reader.at(size_of(s)) or 1) * k + (k > 1) * i for i, s in enumerate(symbols)} for k in TRIED]
    structure = _spec(call, lambda x: evaluate(x, sizes[0]))
    flat = [tree.flatten(structure)]
    with suppress(ModelError):  # an operation may accept the model's own sizes alone
        flat += [tree.flatten(_spec(call, lambda x, at=at: evaluate(x, at))) for at in sizes[1:] if known]  # type: ignore[misc]
    fixed: list[Any] = []
    with suppress(ModelError):
        fixed = tree.flatten(_spec(call, lambda x: x if isinstance(x, int) else None)) if known else flat[0]
    made = []
    for place, first in enumerate(flat[0]):
        extents: list[Size] = []
        for axis in range(len(first.shape)):
            numbers = [spec[place].shape[axis] for spec in flat]
            same = [x for x in known if all(evaluate(x, at) == n for at, n in zip(sizes, numbers))]
            if len(flat) == len(TRIED) and same:
                extents.append(same[0])
            elif fixed and fixed[place].shape[axis] is not None:
                extents.append(int(fixed[place].shape[axis]))
            else:
                extents.append(call.reader.unknown_extent(f"{call.name} {place}" if place else call.name, axis))
        made.append(Tensor(tuple(extents), str(first.dtype)))
    return structure, made


def opaque(call: Call) -> Any:
    """The outputs of an operation without a count: its work is a named unknown."""
    from keras import tree

    structure, tensors = shapes(call)
    read = [v for v in tree.flatten((call.args, call.kwargs)) if isinstance(v, Value)]
    made: list[Value] = []
    for tensor in tensors:
        if made:
            made.append(call.move(call.kind.lower(), tensor.shape, made[0], dtype=tensor.dtype))
        else:
            made.append(call.unknown(tensor.shape, *read, dtype=tensor.dtype))
    return tree.pack_sequence_as(structure, made)
