"""Mutants: what cosmic-ray's operators make of a module, one change drawn at each place.

A comparison has seven changes and a sign of arithmetic eleven, most of which any test notices, so a draw among all
changes would be mostly those. Here each place counts once. The draw is by a hash of the line, so that it stays when
other lines change.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from hashlib import sha256
from pathlib import Path
from typing import Final
from warnings import catch_warnings, simplefilter

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
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
    """An operator at its n-th occurrence in a module."""

    operator: str
    occurrence: int
    rank: str


def mutants(path: Path, most: int) -> list[Mutant]:
    """A draw of at most so many places of a module, one change at each, in the order of its lines."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    silent, functions, statements = list(_silent(tree)), list(_functions(tree)), list(_statements(tree))
    lines = source.splitlines()
    places: dict[tuple[int, int], list[_Change]] = {}
    ranks: dict[tuple[int, int], str] = {}
    for name, occurrence, (line, column) in _occurrences(source):
        if any(first <= (line, column) < last for first, last in silent):
            continue
        text = lines[line - 1].strip()
        words = path.stem, _function(functions, line), text, str(column - lines[line - 1].index(text))
        ranks[line, column] = _rank(*words)
        changes = places.setdefault((line, column), [])
        nth = sum(c.operator == name for c in changes)
        changes.append(_Change(name, occurrence, _rank(*words, name, str(nth))))
    drawn: list[Mutant] = []
    for place in sorted(places, key=ranks.__getitem__):
        for change in sorted(places[place], key=lambda c: c.rank):
            mutated = mutate_code(source, OPERATORS[change.operator], change.occurrence)
            if mutated is not None and _differs(mutated, tree):
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


def _occurrences(source: str) -> Iterator[tuple[str, int, tuple[int, int]]]:
    """Every change that the operators can make: the operator, which of its occurrences, line and column."""
    counts = dict.fromkeys(OPERATORS, 0)
    for node in ast_nodes(get_ast(source)):
        for name, operator in OPERATORS.items():
            for start, _ in operator.mutation_positions(node):
                yield name, counts[name], start
                counts[name] += 1


Span = tuple[tuple[int, int], tuple[int, int]]


def _silent(tree: ast.Module) -> Iterator[Span]:
    """Where nothing is done: annotations, which are never evaluated, and names for unions of types."""
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


def _differs(source: str, tree: ast.Module) -> bool:
    """Whether it is a program, and another one."""
    try:
        with catch_warnings():
            simplefilter("ignore", SyntaxWarning)
            compile(source, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return ast.dump(ast.parse(source)) != ast.dump(tree)


def _difference(before: list[str], after: list[str]) -> tuple[str, str]:
    """The lines that differ, joined."""
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            return " ".join(" ".join(before[a:b]).split()), " ".join(" ".join(after[c:d]).split())
    return "", ""
