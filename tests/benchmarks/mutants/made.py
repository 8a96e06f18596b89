"""Mutants: what cosmic-ray's operators make of a module, one change drawn at each place.

A comparison has seven changes and a sign of arithmetic eleven, most of which any test notices, so a draw among all
changes would be mostly those. Here each place counts once. The draw is by a hash of the line, so that it stays when
other lines change.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from warnings import catch_warnings, simplefilter

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.operators.operator import Operator
from cosmic_ray.operators.provider import OperatorProvider

SEED: Final = "symconv"

#: Those that need the name of a variable, and those between == and `is`, which tell no constants apart.
LEFT_OUT: Final = ("VariableReplacer", "VariableInserter", "_Eq_Is", "_NotEq_IsNot", "_Is_Eq", "_IsNot_NotEq")

OPERATORS: Final[dict[str, Operator]] = {
    name: OperatorProvider()[name]() for name in OperatorProvider() if not name.endswith(LEFT_OUT)
}


@dataclass(frozen=True)
class Mutant:
    """One change: where it is, the line before and after, and the source of the whole module with it.

    `statement` are the first and the last line of the statement, as far as its own block.
    """

    module: str
    function: str
    line: int
    statement: tuple[int, int]
    before: str
    after: str
    source: str

    @property
    def name(self) -> tuple[str, str, str, str]:
        """What it is known by when lines have moved."""
        return self.module, self.function, self.before, self.after


@dataclass(frozen=True)
class _Change:
    """One of the changes that an operator makes of a node of the syntax tree."""

    operator: str
    node: Any
    number: int
    rank: str

    def made(self, tree: Any) -> str:
        """The source of the tree with it; the tree is then as it was."""
        parent, siblings = self.node.parent, list(self.node.parent.children)
        before = [(n, list(n.children) if hasattr(n, "children") else n.value) for n in ast_nodes(self.node)]
        changed = OPERATORS[self.operator].mutate(self.node, self.number)
        parent.children = [
            changed if n is self.node else n for n in siblings if n is not self.node or changed is not None
        ]
        source: str = tree.get_code()
        parent.children = siblings
        for n, was in before:
            setattr(n, "children" if isinstance(was, list) else "value", was)
        return source


def mutants(path: Path, most: int) -> list[Mutant]:
    """A draw of at most so many places of a module, one change at each, in the order of its lines."""
    source = path.read_text(encoding="utf-8")
    parsed, tree = ast.parse(source), get_ast(source)
    silent, functions, statements = list(_silent(parsed)), list(_functions(parsed)), list(_statements(parsed))
    lines = source.splitlines()
    places: dict[tuple[int, int], list[_Change]] = {}
    ranks: dict[tuple[int, int], str] = {}
    for name, node, number, (line, column) in _changes(tree):
        if any(first <= (line, column) < last for first, last in silent):
            continue
        text = lines[line - 1].strip()
        words = path.stem, _function(functions, line), text, str(column - lines[line - 1].index(text))
        ranks[line, column] = _rank(*words)
        places.setdefault((line, column), []).append(_Change(name, node, number, _rank(*words, name, str(number))))
    drawn: list[Mutant] = []
    for place in sorted(places, key=ranks.__getitem__):
        for change in sorted(places[place], key=lambda c: c.rank):
            mutated = change.made(tree)
            if _compiles(mutated):
                before, after = _difference(lines, mutated.splitlines())
                statement = max((s for s in statements if s[0] <= place[0] <= s[1]), default=(place[0], place[0]))
                where = _function(functions, place[0]), place[0], statement
                drawn.append(Mutant(path.stem, *where, before, after, mutated))
                break
        if len(drawn) == most:
            break
    return sorted(drawn, key=lambda m: (m.line, m.before, m.after))


def _rank(*words: str) -> str:
    return sha256("\0".join((SEED, *words)).encode()).hexdigest()


def _changes(tree: Any) -> Iterator[tuple[str, Any, int, tuple[int, int]]]:
    """Every change that the operators can make: the operator, the node, which of its changes, line and column."""
    for node in ast_nodes(tree):
        for name, operator in OPERATORS.items():
            for number, (start, _) in enumerate(operator.mutation_positions(node)):
                yield name, node, number, start


Span = tuple[tuple[int, int], tuple[int, int]]


def _silent(tree: ast.Module) -> Iterator[Span]:
    """Where nothing is done: annotations, which are never evaluated, names for unions of types, imports for mypy."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            arguments = [
                *node.args.posonlyargs,
                *node.args.args,
                *node.args.kwonlyargs,
                node.args.vararg,
                node.args.kwarg,
            ]
            for annotation in (*(a.annotation for a in arguments if a is not None), node.returns):
                if annotation is not None:
                    yield _span(annotation)
        elif isinstance(node, ast.AnnAssign):
            yield _span(node.annotation)
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and _union(statement.value):
            yield _span(statement.value)
        if isinstance(statement, ast.If) and isinstance(statement.test, ast.Name):  # if TYPE_CHECKING
            yield _span(statement.test)


def _union(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)


def _span(node: ast.expr) -> Span:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def _statements(tree: ast.AST) -> Iterator[tuple[int, int]]:
    """First and last line of each statement, without the statements inside of it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            inside = getattr(node, "body", None)
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            last = max(node.lineno, inside[0].lineno - 1) if inside else node.end_lineno or first
            yield first, last


def _functions(tree: ast.AST, within: str = "") -> Iterator[tuple[int, int, str]]:
    """First line, last line and path of each function and class, the outer ones first."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            path = f"{within}.{node.name}" if within else node.name
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            yield first, node.end_lineno or first, path
            yield from _functions(node, path)
        else:
            yield from _functions(node, within)


def _function(functions: list[tuple[int, int, str]], line: int) -> str:
    return next((path for first, last, path in reversed(functions) if first <= line <= last), "")


def _compiles(source: str) -> bool:
    try:
        with catch_warnings():
            simplefilter("ignore", SyntaxWarning)
            compile(source, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _difference(before: list[str], after: list[str]) -> tuple[str, str]:
    """The lines that differ, joined."""
    head = next((i for i, (a, b) in enumerate(zip(before, after)) if a != b), min(len(before), len(after)))
    rest = zip(reversed(before[head:]), reversed(after[head:]))
    tail = next((i for i, (a, b) in enumerate(rest) if a != b), min(len(before), len(after)) - head)
    first, second = (lines[head : len(lines) - tail] for lines in (before, after))
    return " ".join(" ".join(first).split()), " ".join(" ".join(second).split())
