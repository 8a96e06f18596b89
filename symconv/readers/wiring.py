"""From items to nodes: the names in `from` and `shares` are found, then each layer is added behind its inputs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from symconv.condition import Condition
from symconv.errors import NetworkError, SpecError, SymconvError
from symconv.extent import Size
from symconv.layer import Layer, Parameter
from symconv.network import Network, in_order
from symconv.readers.faults import Faults, Offset, Place
from symconv.readers.names import miss, plainly

#: The inputs whose shapes a message gives at most.
SHAPES: Final = 4


@dataclass
class Item:
    """A layer of a spec before it is built, with its place in the file; no layer where it is wrong.

    A block or a repeated stage is an item too: `nest` adds what is inside, given the names of its inputs.
    """

    name: str
    layer: Layer | None
    sources: tuple[str, ...]  # as the file says them; none where it stands behind `behind`
    path: Place
    offset: Offset | None = None
    shares: str = ""
    conditions: list[Condition] = field(default_factory=list)
    flattens: bool = False
    behind: tuple[str, ...] = ()
    training: bool = False
    nest: Callable[[tuple[str, ...]], None] | None = None
    alone: bool = False  # it stands behind nothing
    stated: tuple[Parameter, ...] | None = None
    times: Size = 1


class Abandoned(Exception):  # noqa: N818  (no fault of its own: all that is wrong has been said)
    """The layers inside a block could not be built."""


def wire(
    net: Network,
    items: list[Item],
    inputs: Collection[str],
    faults: Faults,
    aliases: Mapping[str, str] | None = None,
    stages: Mapping[str, str] | None = None,
) -> None:
    """Add the items to a network that has its inputs, in an order of computation; what cannot be, goes to `faults`.

    `aliases` are further names for what is there already, such as `input` in a block, and `stages` have what ends each.
    """
    aliases, stages = aliases or {}, stages or {}
    by_name = {item.name: item for item in items}
    own = {*inputs, *aliases, *by_name}
    known = dict.fromkeys([*inputs, *aliases, *by_name, *stages])
    blocks = tuple(f"{item.name}/" for item in items if item.nest)
    for item in items:
        _resolve(item, known, blocks, inputs, net, faults)
        item.sources = tuple(source if source in own else stages.get(source, source) for source in item.sources)
    renamed: dict[str, str] = dict(aliases)
    order = _ordered(items, faults)
    place = {name: i for i, name in enumerate(order)}
    for name in order:
        item = by_name[name]
        late = next((s for s in item.sources if place.get(s, -1) >= place[name]), None)
        if late is not None:
            said = f"from: {plainly(late)} comes later, and beside blocks each layer stands behind those before it"
            faults.add((*item.path, "from"), said)
            continue
        sources = tuple(_whole(renamed.get(s, s), by_name, net) for s in item.sources)
        shares = _whole(renamed.get(item.shares, item.shares), by_name, net)
        lacking = [s for s in (*sources, *([shares] * bool(shares))) if not net.knows(s)]
        for source in lacking:
            source = source.removeprefix("/").removeprefix(net.path(""))
            if source not in known and source.startswith(blocks):  # it was looked for inside of a block
                faults.add((*item.path, "from"), f"from: there is no layer {plainly(source)}")
        if lacking or shares in inputs or (item.layer is None and item.nest is None):
            continue  # itself, or what it stands behind, is wrong already
        if item.flattens and net.reading(sources[0]).rank <= 2:
            renamed[name] = sources[0]
        else:
            _add(net, item, sources, shares, faults)


def _ordered(items: list[Item], faults: Faults) -> list[str]:
    """The items in an order of computation; beside blocks, whose insides may be read, as they are written."""
    if any(item.nest for item in items):
        return [item.name for item in items]
    try:
        return in_order({item.name: (*item.sources, *([item.shares] * bool(item.shares))) for item in items})
    except NetworkError as error:
        first = next(item for item in items if str(error).startswith(f"a cycle: {item.name} →"))
        faults.add(first.path, str(error), first.offset, hint="a layer stands behind layers that do not need it")
        return []


def _add(net: Network, item: Item, sources: tuple[str, ...], shares: str, faults: Faults) -> None:
    """Add an item behind its inputs."""
    name = item.name
    try:
        if item.nest is not None:
            item.nest(tuple(map(net.absolute, sources)))
            return
        assert item.layer is not None
        full = net.add(
            name,
            item.layer,
            *sources,
            shares=shares,
            training=item.training,
            stated=item.stated,
            times=item.times,
            alone=item.alone,
        )
        for condition in item.conditions:
            net.require(condition, full)
    except Abandoned:
        return
    except SpecError:
        raise
    except SymconvError as error:
        kind = item.layer.kind if item.layer is not None else ""
        message = str(error).removeprefix(f"{net.path(name)}: ").removeprefix(f"{name}: ").removeprefix(f"{kind}: ")
        message = message if message.startswith(f"{name} ") else f"{name}: {message}"
        faults.add(item.path, message, item.offset, _behind(net, sources))


def _whole(name: str, own: Collection[str], net: Network) -> str:
    """A name of this level with its whole path; any other as it is."""
    return f"/{net.path(name)}" if name in own else name


def _behind(net: Network, sources: tuple[str, ...]) -> str:
    """What comes in, as most mistakes are in the shape of it."""
    try:
        names = [source.removeprefix("/").removeprefix(net.path("")) for source in sources[:SHAPES]]
        shapes = [f"{name} is {net.reading(source)}" for name, source in zip(names, sources)]
    except NetworkError:
        return ""
    return f"its input {shapes[0]}" if len(sources) == 1 else f"its inputs: {', '.join(shapes)}"


def _resolve(
    item: Item,
    known: Collection[str],
    blocks: tuple[str, ...],
    inputs: Collection[str],
    net: Network,
    faults: Faults,
) -> None:
    """Names in `from` and `shares`: in the same stage first, then in the stages around it, then around the block.

    A name inside of a block is looked for when the block is there.
    """
    stage = item.name.split("/")[:-1]

    def found(name: str, field: str, *place: int) -> str:
        own = _whole_of(name, known, net) or around(name, stage, known, item.name)
        if own is None and not net.knows(name) and not name.startswith(blocks):
            message = f"{field}: there is no layer {plainly(name)}"
            faults.add((*item.path, field, *place), message, hint=_hint(name, stage, known))
        return own or name

    sources = tuple(found(source, "from", i) for i, source in enumerate(item.sources))
    item.sources = () if item.alone else sources or item.behind
    if item.shares:
        item.shares = found(item.shares, "shares")
        if item.shares in inputs:
            message = f"shares: {plainly(item.shares)} is an input, and has no weights"
            faults.add((*item.path, "shares"), message)


def _whole_of(name: str, known: Collection[str], net: Network) -> str | None:
    """The layer of this level that a whole path, /stage1/conv2, speaks of; None where it speaks of none."""
    own = name.removeprefix(f"/{net.path('')}")
    return own if own != name and own in known else None


def _hint(name: str, stage: list[str], known: Collection[str]) -> str:
    """The nearest name, as it is said from this stage."""
    elsewhere = next((n for n in known if n.endswith(f"/{name}")), None)
    if elsewhere is not None:
        return f"did you mean {elsewhere}?"
    inside = "/".join([*stage, ""])
    return miss(name, (n.removeprefix(inside) for n in known))


def around(name: str, stage: list[str], known: Collection[str], own: str) -> str | None:
    """The layer of this name in the stage or the nearest one around it; itself only where no other has the name."""
    found = None
    for depth in range(len(stage), -1, -1):
        full = "/".join([*stage[:depth], name])
        if full in known and (found := full) != own:
            return full
    return found
