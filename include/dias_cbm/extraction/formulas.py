"""Arithmetic formulas of the index catalogue, evaluated on arrays; nothing else is executed."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dias_cbm.errors import SettingsError

_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}


def parse(formula: str) -> ast.expr:
    """Parse a formula of names, numbers, brackets, ``+ - * /`` and ``**`` into a tree.

    :raises SettingsError: it contains anything else.
    """
    try:
        tree = ast.parse(formula, mode="eval").body
    except (SyntaxError, ValueError, RecursionError) as error:
        raise SettingsError(f"is not a formula: {error}", subject=formula) from error
    _check(tree, formula)
    return tree


def _check(node: ast.expr, formula: str) -> None:
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            _check(left, formula)
            _check(right, formula)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            _check(operand, formula)
        case ast.Name():
            pass
        case ast.Constant(value=value) if type(value) in (int, float):
            pass
        case _:
            raise SettingsError(
                f"{ast.unparse(node)!r} is not arithmetic of bands and numbers", subject=formula
            )


def names(tree: ast.expr) -> tuple[str, ...]:
    """The names in a formula, each once, in order of appearance."""
    found = (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    return tuple(dict.fromkeys(found))


def evaluate(tree: ast.expr, values: Mapping[str, np.ndarray | float]) -> Any:
    """The value of a formula; infinite or NaN where it is not defined, as in numpy.

    :param tree: from :func:`parse`.
    :param values: arrays of one shape and float type, or numbers, by name.
    """
    match tree:
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](evaluate(left, values), evaluate(right, values))
        case ast.UnaryOp(op=op, operand=operand):
            return _UNARY[type(op)](evaluate(operand, values))
        case ast.Name(id=name):
            return values[name]
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case _:
            raise TypeError(f"{tree!r} was not checked")
