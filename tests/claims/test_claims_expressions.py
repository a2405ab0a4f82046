"""Arithmetic of the ledger: what it computes, and that it runs nothing else."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from fisher_spectra.claims.expressions import columns_of, condition, evaluate, numbers, parse
from fisher_spectra.common.errors import UserError

FRAME = pd.DataFrame({"activation": ["tanh", "relu", "tanh"], "M": [10, 20, 40], "mean": [0.5, 0.25, 0.1]})


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("mean * M - 1", [4.0, 4.0, 3.0]),
        ("-M / 2 ** 2", [-2.5, -5.0, -10.0]),
        ("sqrt(M) * sqrt(M)", [10.0, 20.0, 40.0]),
        ("log(exp(mean))", [0.5, 0.25, 0.1]),
        ("maximum(M, 15) + minimum(M, 15)", [25.0, 35.0, 55.0]),
        ("M / largest(M) + 0 * smallest(M)", [0.25, 0.5, 1.0]),
        ("abs(mean - 0.3)", [0.2, 0.05, 0.2]),
        (2.5, [2.5, 2.5, 2.5]),
    ],
)
def test_an_expression_has_its_value_in_every_row(expression, expected):
    np.testing.assert_allclose(numbers(expression, FRAME), expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('activation == "tanh"', [True, False, True]),
        ('activation != "tanh" or M > 30', [False, True, True]),
        ('activation in ("relu", "linear")', [False, True, False]),
        ('activation not in ["relu"]', [True, False, True]),
        ("15 < M <= 40", [False, True, True]),
        ("not M == largest(M)", [True, True, False]),
        ("M >= 10", [True, True, True]),
        ("1 < 2", [True, True, True]),
    ],
)
def test_a_condition_is_true_in_the_rows_it_names(expression, expected):
    assert condition(expression, FRAME).tolist() == expected


def test_a_division_by_zero_is_not_a_number_rather_than_an_error():
    values = numbers("(M - 10) / (M - 10)", FRAME)
    assert math.isnan(values[0])
    assert values[1:].tolist() == [1.0, 1.0]


def test_columns_read_are_those_named_outside_of_calls():
    assert columns_of('sqrt(mean) / M + (activation == "M")') == {"mean", "M", "activation"}


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('true')",
        "mean.__class__",
        "(lambda: 1)()",
        "[x for x in M]",
        "M[0]",
        "open('x')",
        "M if M else 1",
        "largest(a=M)",
        "M % 2",
        "M is mean",
        "f'{M}'",
        "True",
        "M := 3",
        "",
        "M +",
    ],
)
def test_anything_else_is_refused_in_one_line_that_quotes_it(expression):
    with pytest.raises(UserError) as refused:
        evaluate(expression, FRAME)
    assert "\n" not in str(refused.value)
    assert repr(expression) in str(refused.value)


def test_an_unknown_column_is_refused_with_the_nearest_name():
    with pytest.raises(UserError, match=r"'meen / 2': no column 'meen'; did you mean 'mean'\?"):
        evaluate("meen / 2", FRAME)
    with pytest.raises(UserError, match="no column 'kappa'; there are activation, M, mean"):
        evaluate("kappa", FRAME)


def test_an_unknown_function_is_refused_with_those_that_exist():
    with pytest.raises(UserError, match="no function 'sin'; there are abs, exp"):
        evaluate("sin(M)", FRAME)


def test_a_text_is_no_number_and_a_number_no_condition():
    with pytest.raises(UserError, match="is not a number in every row"):
        numbers("activation", FRAME)
    with pytest.raises(UserError, match="is not a condition"):
        condition("M", FRAME)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("1 / 0", "cannot be computed"),
        ("M + 1 / 0", "cannot be computed: division by zero"),
        ("M + 0.0 ** -1", "cannot be computed"),
        ("9 ** 9 ** 9", "cannot be computed"),
        ("10.0 ** 400", "cannot be computed"),
        ("(0 - 8) ** 0.5 < M", "a root of a negative number"),
        ("activation + mean", "cannot be computed"),
        ("activation < 3", "cannot be computed"),
        ("- activation", "cannot be computed"),
        ("sqrt(activation)", "cannot be computed"),
        ("largest(activation)", None),
        ('largest("x")', "'x' is a text, not a number or a column"),
        ('"x" * 1000000000', "'x' is a text, not a number or a column"),
        ('not "x"', "'x' is a text, not a number or a column"),
        ("[1] * 1000000000", "a list has a place after 'in' alone"),
        ("[1, 2] == M", "a list has a place after 'in' alone"),
        ("M == [10, 20, 40, 80]", "a list has a place after 'in' alone"),
        ("abs([1, 2])", "a list has a place after 'in' alone"),
        ("largest()", "largest takes 1 argument"),
        ("sqrt(M, mean)", "sqrt takes 1 argument"),
        ("maximum(M)", "maximum takes 2 arguments"),
        ("(" * 400 + "M" + ")" * 400, "not an expression"),
        ("M" + " + M" * 20000, "is longer than 1000 characters"),
        ("-" * 20000 + "M", ""),
        ("M\0", "not an expression"),
    ],
)
def test_a_mistake_is_one_short_line_that_quotes_the_expression(expression, why):
    with pytest.raises(UserError) as refused:
        numbers(expression, FRAME)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400
    assert repr(expression)[:40] in str(refused.value)
    assert (why or "") in str(refused.value)


@pytest.mark.parametrize("expression", ["M + 1 / 0", 'largest("x")', "maximum(M)", "9 ** 9 ** 9", "[1] + M"])
def test_what_no_table_can_mend_is_refused_when_the_ledger_is_read(expression):
    with pytest.raises(UserError):
        parse(expression)


def test_a_power_of_whole_numbers_is_what_it_was():
    assert numbers("2 ** 10 * M", FRAME).tolist() == [10240.0, 20480.0, 40960.0]
    assert numbers("M ** 2", FRAME).tolist() == [100.0, 400.0, 1600.0]
