"""Arithmetic on the columns of a table, written as text: ``empirical_mean / theory - 1``.

The grammar is closed: numbers, texts, names of columns, ``+ - * / **``, comparisons (also ``in`` a list), ``and or
not``, and the functions in `FUNCTIONS`. Nothing else is run, whatever the text says.
"""

from __future__ import annotations

import ast
import difflib
import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fisher_spectra.common.errors import UserError, shown

Array = npt.NDArray[Any]

LONGEST = 1000  # characters of an expression; the longest of the ledger has 130

# largest and smallest are those of the whole table that the expression is evaluated on, not of one row
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "exp": np.exp,
    "largest": lambda values: np.max(values),
    "log": np.log,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "smallest": lambda values: np.min(values),
    "sqrt": np.sqrt,
}

_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: lambda base, exponent: _power(base, exponent),
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: np.logical_not,
    ast.And: np.logical_and,
    ast.Or: np.logical_or,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda value, choices: np.isin(value, choices),
    ast.NotIn: lambda value, choices: ~np.isin(value, choices),
}


# those that take two arguments
_OF_TWO = ("maximum", "minimum")


def _power(base: Any, exponent: Any) -> Any:
    """The power; of two whole numbers in floating point, since 9 ** 9 ** 9 has more digits than fit into memory."""
    power = float(base) ** exponent if isinstance(base, int) and isinstance(exponent, int) else base**exponent
    if isinstance(power, complex):
        raise ValueError("a root of a negative number")
    return power


def parse(expression: str | float) -> ast.expr:
    """The expression as a tree.

    Raises
    ------
    UserError
        If it is not an expression of the closed grammar.
    """
    if len(str(expression)) > LONGEST:
        raise UserError(f"{shown(expression)}: is longer than {LONGEST} characters")
    try:
        tree = ast.parse(str(expression), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UserError(
            f"{shown(expression)}: not an expression of columns, numbers and {_known_functions()}"
        ) from error
    for node in ast.walk(tree):
        _check(node, expression)
        _check_operands(node, expression)
    return tree


def _check(node: ast.AST, expression: str | float) -> None:
    match node:
        case ast.Constant(value=bool() | None) | ast.Constant(value=complex() | bytes()):
            raise UserError(f"{shown(expression)}: {node.value!r} has no place in an expression")
        case ast.Constant() | ast.Name() | ast.Load() | ast.List() | ast.Tuple():
            return
        case ast.BinOp() | ast.UnaryOp() | ast.BoolOp() | ast.Compare():
            return
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in FUNCTIONS:
            return
        case ast.Call(func=ast.Name(id=name), keywords=[]):
            raise UserError(f"{shown(expression)}: no function {name!r}; there are {_known_functions()}")
        case _ if type(node) in _OPERATORS:
            return
        case _:
            raise UserError(f"{shown(expression)}: {type(node).__name__} has no place in an expression")


def _check_operands(node: ast.AST, expression: str | float) -> None:
    """Refuse texts and lists where numbers are computed with, wrong numbers of arguments, and numbers without value."""
    computed: list[ast.expr] = []
    match node:
        case ast.BinOp(left=left, right=right):
            computed = [left, right]
        case ast.UnaryOp(operand=operand):
            computed = [operand]
        case ast.BoolOp(values=values):
            computed = values
        case ast.Call(func=ast.Name(id=name), args=arguments):
            computed = arguments
            if len(arguments) != (needed := 2 if name in _OF_TWO else 1):
                raise UserError(f"{shown(expression)}: {name} takes {needed} argument{'s' * (needed > 1)}")
        case ast.Compare(left=left, ops=ops, comparators=others):
            member = [isinstance(op, ast.In | ast.NotIn) for op in ops]
            computed = [one for one, of in zip([left, *others], [False, *member], strict=True) if not of]
            computed = [one for one in computed if not isinstance(one, ast.Constant)]  # texts are compared
    for operand in computed:
        if isinstance(operand, ast.List | ast.Tuple):
            raise UserError(f"{shown(expression)}: a list has a place after 'in' alone")
        if isinstance(operand, ast.Constant) and isinstance(operand.value, str):
            raise UserError(f"{shown(expression)}: {operand.value!r} is a text, not a number or a column")
    if isinstance(node, ast.BinOp) and not _reads_a_column(node):
        _computed(node, expression, pd.DataFrame())


def _reads_a_column(node: ast.AST) -> bool:
    return any(isinstance(one, ast.Name) and one.id not in FUNCTIONS for one in ast.walk(node))


def _known_functions() -> str:
    return ", ".join(FUNCTIONS)


def columns_of(expression: str | float) -> set[str]:
    """Names of the columns that the expression reads."""
    tree = parse(expression)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called}


def evaluate(expression: str | float, frame: pd.DataFrame) -> Array:
    """Value of the expression in every row of the table; shape (rows,).

    Raises
    ------
    UserError
        If it is no expression, reads a column that the table lacks, or cannot be computed from what the columns hold.
    """
    value = _computed(parse(expression), expression, frame)
    return np.broadcast_to(np.asarray(value), (len(frame),))


def _computed(node: ast.expr, expression: str | float, frame: pd.DataFrame) -> Any:
    """As `_value`; what cannot be computed, such as a text of a column plus 1, is refused in one line."""
    try:
        with np.errstate(all="ignore"):  # what is not a number stays one, and no claim holds for it
            return _value(node, expression, frame)
    except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise UserError(f"{shown(expression)}: cannot be computed: {error}") from error


def numbers(expression: str | float, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Value of the expression in every row, as floating-point numbers; shape (rows,).

    Raises
    ------
    UserError
        As `evaluate`, and if the value is not a number.
    """
    value = evaluate(expression, frame)
    if value.dtype.kind not in "iufb":
        raise UserError(f"{shown(expression)}: is not a number in every row of the table")
    return value.astype(np.float64)


def condition(expression: str, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """In which rows the expression is true; shape (rows,).

    Raises
    ------
    UserError
        As `evaluate`, and if the value is neither true nor false.
    """
    value = evaluate(expression, frame)
    if value.dtype.kind != "b":
        raise UserError(f"{shown(expression)}: is not a condition, such as 'M >= 100'")
    return value.astype(np.bool_)


def _value(node: ast.expr, expression: str | float, frame: pd.DataFrame) -> Any:
    def of(child: ast.expr) -> Any:
        return _value(child, expression, frame)

    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            if name not in frame.columns:
                close = difflib.get_close_matches(name, list(frame.columns), n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(frame.columns)}"
                raise UserError(f"{shown(expression)}: no column {name!r}; {hint}")
            column = frame[name]
            return column.to_numpy(dtype=object if column.dtype.kind not in "iufb" else None)
        case ast.List(elts=entries) | ast.Tuple(elts=entries):
            return [of(entry) for entry in entries]
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](of(left), of(right))
        case ast.UnaryOp(op=op, operand=operand):
            return _OPERATORS[type(op)](of(operand))
        case ast.BoolOp(op=op, values=parts):
            return functools.reduce(_OPERATORS[type(op)], map(of, parts))
        case ast.Compare(left=left, ops=ops, comparators=others):
            chain = [left, *others]
            pairs = zip(ops, chain[:-1], others, strict=True)
            truths = [_OPERATORS[type(compare)](of(one), of(other)) for compare, one, other in pairs]
            return functools.reduce(np.logical_and, truths)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return FUNCTIONS[name](*(of(argument) for argument in arguments))
    raise UserError(f"{shown(expression)}: not an expression of columns, numbers and {_known_functions()}")
