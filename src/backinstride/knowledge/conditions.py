"""The small language of conditions: names, numbers, comparisons, and/or/not. Nothing else.

A name that holds a number is compared; a name alone is a yes/no. What is not known is never
true: `age > 50` does not hold while the age is unknown.
"""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING

from backinstride.errors import KnowledgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

Fact = bool | float | None

_COMPARE: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
}
_ALLOWED = (
    ast.Expression,
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.Not,
    ast.Compare,
    ast.Name,
    ast.Load,
    ast.Constant,
    *_COMPARE,
)


class Condition:
    """A condition that was checked: `holds(facts)` judges it, `names` are those it uses."""

    def __init__(self, text: str, known: Collection[str]) -> None:
        self.text = text
        self._tree = _checked(text, known)
        self.names = frozenset(n.id for n in ast.walk(self._tree) if isinstance(n, ast.Name))

    def holds(self, facts: Mapping[str, Fact]) -> bool:
        """Whether the condition holds; a missing or unknown fact makes its part not hold."""
        return bool(_value(self._tree.body, facts))


def _checked(text: str, known: Collection[str]) -> ast.Expression:
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError as error:
        raise KnowledgeError(f"condition {text!r}: {error.msg}") from error
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            raise KnowledgeError(f"condition {text!r}: {type(node).__name__} is not allowed")
        if isinstance(node, ast.Name) and node.id not in known:
            raise KnowledgeError(f"condition {text!r}: no finding called {node.id!r}")
        if isinstance(node, ast.Constant) and type(node.value) not in (int, float):
            raise KnowledgeError(f"condition {text!r}: only numbers, not {node.value!r}")
    return tree


def _value(node: ast.expr, facts: Mapping[str, Fact]) -> Fact:
    if isinstance(node, ast.BoolOp):
        join = all if isinstance(node.op, ast.And) else any
        return join(_value(part, facts) for part in node.values)
    if isinstance(node, ast.UnaryOp):
        return not _value(node.operand, facts)
    if isinstance(node, ast.Compare):
        return _compare(node, facts)
    if isinstance(node, ast.Name):
        return facts.get(node.id)
    assert isinstance(node, ast.Constant)
    assert isinstance(node.value, int | float)
    return float(node.value)


def _compare(node: ast.Compare, facts: Mapping[str, Fact]) -> bool:
    sides = [_value(side, facts) for side in (node.left, *node.comparators)]
    return all(
        left is not None and right is not None and _COMPARE[type(op)](left, right)
        for op, left, right in zip(node.ops, sides, sides[1:], strict=False)
    )
