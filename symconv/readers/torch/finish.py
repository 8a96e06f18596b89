"""A traced network as people see it: nodes called by their modules, weights that nothing used, what was assumed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from symconv.layer import Parameter
from symconv.layers import Look
from symconv.readers.torch.held import Kept
from symconv.readers.torch.placing import free_name, parameter
from symconv.readers.torch.trace import Traced


def finished(traced: Traced) -> None:
    """Names from modules, and every parameter and buffer of the module."""
    names = _names(traced)
    further, left = _further(traced)
    traced.net.rename(names, further)
    modules = traced.tracer.modules
    traced.net.modules = {
        names.get(n, n): modules.get(scope, "") for n, (scope, _) in traced.tracer.nodes.placed.items()
    }
    traced.tracer.made = [replace(m, nodes=tuple(names.get(n, n) for n in m.nodes)) for m in traced.tracer.made]
    for module, kept in left.items():
        net, name = traced.net, module.replace(".", "/") or "parameters"
        unique = free_name(net, name)
        stated = tuple(map(parameter, kept))
        net.place(unique, Look("unused", ()), (), (), "", (), True, stated)
        net.modules[unique] = module
    for text, nodes in traced.path.assumed.items():
        traced.net.notes[text] = nodes


def _names(traced: Traced) -> dict[str, str]:
    """By a node's first name its last one: a call of a module that made one node alone is called by the module."""
    placed = traced.tracer.nodes.placed
    direct = Counter(scope for scope, _ in placed.values())
    parents = set()
    for scope in (*traced.tracer.called, *direct):
        while "/" in scope:
            scope = scope.rpartition("/")[0]
            parents.add(scope)
    names, taken = {}, set(traced.net._names)
    for name, (scope, _) in placed.items():
        if scope and direct[scope] == 1 and scope not in parents and scope not in taken:
            names[name] = scope
            taken.add(scope)
    return names


def _further(traced: Traced) -> tuple[dict[str, tuple[Parameter, ...]], dict[str, list[Kept]]]:
    """Weights that no operator used: by a node of the same module, or by the module where it has none."""
    first: dict[str, str] = {}
    owner: dict[str, str] = {}
    for name in traced.tracer.nodes.placed:
        node = traced.net.node(name)
        scope = traced.tracer.nodes.placed[name][0]
        first.setdefault(scope.replace("/", "."), name)
        if node.parameters:
            owner.setdefault(scope.replace("/", "."), name)
    further: dict[str, tuple[Parameter, ...]] = {}
    left: dict[str, list[Kept]] = {}
    for name, kept in traced.weights.items():
        if name in traced.tracer.nodes.used:
            continue
        module = name.rpartition(".")[0]
        keeper = owner.get(module) or first.get(module)
        if keeper is not None:
            further[keeper] = (*further.get(keeper, ()), parameter(kept))
        else:
            left.setdefault(module, []).append(kept)
    return further, left
