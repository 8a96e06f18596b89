"""Operations without a rule: what Keras says of their outputs' shapes, at several sizes, as extents of the inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from symconv.errors import ModelError
from symconv.extent import Size, symbols_of
from symconv.readers.keras.value import Shadow, Value
from symconv.tensor import Tensor
from symconv.values import evaluate

if TYPE_CHECKING:
    from symconv.readers.keras.call import Call

#: How much larger than at first each symbol is, the first of them so much, the next ones by one more each.
TRIED: Final = (0, 2, 6)


def specs(call: Call) -> list[Any]:
    """What Keras says of the outputs, at each of the sizes tried.

    Raises ModelError where Keras cannot tell.
    """
    from keras import KerasTensor, StatelessScope, tree

    symbols = sorted({s for v in tree.flatten((call.args, call.kwargs)) if isinstance(v, Value) for x in v.shape
                      for s in symbols_of(x)}, key=lambda s: s.key)  # fmt: skip
    for s in symbols:
        call.reader.at(1) if s in call.reader.witness else call.reader.witness.setdefault(s, 2)
    found = []
    for more in TRIED:
        sizes = {s: call.reader.witness[s] + (more and more + i) for i, s in enumerate(symbols)}

        def tensor(x: Any, sizes: Any = sizes) -> Any:
            if isinstance(x, Value):
                return KerasTensor(tuple(evaluate(e, sizes) if not isinstance(e, int) else e for e in x.shape), x.dtype)
            return int(x) if isinstance(x, Shadow) else x

        args, kwargs = tree.map_structure(tensor, (call.args, call.kwargs))
        try:
            with StatelessScope():
                found.append((sizes, call.op.compute_output_spec(*args, **kwargs)))
        except Exception as error:  # Keras, a backend or the user's own code may raise anything
            if found:
                break
            raise ModelError(
                f"layer {call.name} ({call.kind}): it has no rule, and Keras cannot tell its shape: "
                f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no reason'}"
            ) from None
    return found


def shapes(call: Call) -> tuple[Any, list[Tensor]]:
    """The structure of the outputs as Keras has it, and the tensors in it.

    An extent that is that of an input at all sizes tried is taken for it; one that changes otherwise is an unknown.
    """
    from keras import tree

    said = specs(call)
    known: list[Size] = []
    for v in tree.flatten((call.args, call.kwargs)):
        known += [x for x in v.shape if not isinstance(x, int)] if isinstance(v, Value) else []
    structure = said[0][1]
    flat = [tree.flatten(spec) for _, spec in said]
    made = []
    for place, first in enumerate(flat[0]):
        extents: list[Size] = []
        for axis in range(len(first.shape)):
            numbers = [spec[place].shape[axis] for spec in flat]
            same = [x for x in known if all(evaluate(x, at) == n for (at, _), n in zip(said, numbers))]
            if len(said) > 1 and same:
                extents.append(same[0])
            elif len(set(numbers)) == 1 and numbers[0] is not None and (len(said) > 1 or not known):
                extents.append(int(numbers[0]))
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
