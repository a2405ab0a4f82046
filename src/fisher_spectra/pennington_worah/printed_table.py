"""Table 1 of Pennington and Worah (2018) as printed, for comparison."""

from __future__ import annotations

from decimal import Decimal

# The columns of the table, in its order.
COLUMNS = ("eta", "eta_prime", "zeta", "z1", "z2", "z3", "z4", "z5", "z6")
_ROWS = {
    "linear": "1 1 1 0 4 0 0 4 8",
    "erf_1": "1 1.226 0.914 0.086 3.741 0.198 0.312 3.966 7.51",
    "srelu_0": "1 1.467 0.733 0.267 3.200 0.491 0.733 3.667 6.377",
    "f_opt": "1 1.923 0.077 0.923 1.231 1.138 1.846 2.154 2.247",
}
TABLE_1 = {name: dict(zip(COLUMNS, row.split(), strict=True)) for name, row in _ROWS.items()}


def decimals(printed: str) -> int:
    """Number of digits after the decimal point.

    Examples
    --------
    >>> decimals("7.51"), decimals("4")
    (2, 0)
    """
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int)  # a text with a value that is no number never comes here
    return -exponent


def deviation_in_last_digit(value: float, printed: str) -> float:
    """Value minus printed value, in units of the last printed digit; at most 1/2 in size if it was rounded right.

    Examples
    --------
    >>> round(deviation_in_last_digit(1.2257, "1.226"), 6)
    -0.3
    """
    return float((value - float(printed)) * 10 ** decimals(printed))
