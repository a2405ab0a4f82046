"""Tables: what is written is read back, to twelve digits and to the byte."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fisher_spectra.common.errors import UserError
from fisher_spectra.common.tables import read_table, write_table


def test_numbers_are_written_with_twelve_significant_digits(tmp_path):
    write_table(pd.DataFrame({"x": [np.pi, 1e-300, 123456789.123456789, 3.0]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == b"x\n3.14159265359\n1e-300\n123456789.123\n3\n"


def test_a_table_read_back_holds_the_same_values_and_types(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "activation": ["tanh", "", "NA", "None"],
            "M": [1, 10, 100, 2**40],
            "loss": [*np.exp(rng.normal(size=2) * 50), np.nan, np.inf],
            "note": ["plain", "with, comma", 'with "quotes"', "σ_w² = 3"],
        }
    )
    write_table(frame, tmp_path / "t.csv")
    back = read_table(tmp_path / "t.csv")
    assert list(back["activation"]) == list(frame["activation"])
    assert list(back["note"]) == list(frame["note"])
    assert back["M"].dtype == np.int64
    assert list(back["M"]) == list(frame["M"])
    np.testing.assert_allclose(back["loss"], frame["loss"], rtol=1e-11)


def test_not_a_number_and_infinity_are_written_by_name(tmp_path):
    write_table(pd.DataFrame({"a": [np.nan, np.inf, -np.inf], "b": ["x", "", "y"]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "a,b\nnan,x\ninf,\n-inf,y\n"


def test_writing_what_was_read_gives_the_same_bytes(tmp_path):
    rng = np.random.default_rng(1)
    values = rng.normal(size=3000) * 10.0 ** rng.integers(-30, 30, size=3000)
    write_table(pd.DataFrame({"x": values}), tmp_path / "one.csv")
    write_table(read_table(tmp_path / "one.csv"), tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_last_bits_of_a_number_do_not_show_in_the_bytes(tmp_path):
    for name, factor in (("one.csv", 1.0), ("two.csv", 1 + 2.3e-16)):
        write_table(pd.DataFrame({"x": np.array([0.1234, 17.25, 3e9]) * factor}), tmp_path / name)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_a_table_that_cannot_be_written_leaves_the_old_one(tmp_path):
    class Unprintable:
        def __str__(self):
            raise RuntimeError("no text")

    write_table(pd.DataFrame({"x": [1]}), tmp_path / "t.csv")
    with pytest.raises(RuntimeError):
        write_table(pd.DataFrame({"x": [1, Unprintable()]}), tmp_path / "t.csv")
    assert read_table(tmp_path / "t.csv")["x"].tolist() == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_columns_asked_for_are_there(tmp_path):
    write_table(pd.DataFrame({"x": [1], "y": [2]}), tmp_path / "t.csv")
    assert list(read_table(tmp_path / "t.csv", ["y"])) == ["x", "y"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"t\.csv: no such table; the workflow makes it, e\.g\. `make figures TARGET=t`"),
        (b"", r"t\.csv: the table is empty"),
        (b"x\n1\n", r"t\.csv: column 'y' is missing; found x"),
        (b"x,y\n1,2\n1,2,3,4\n", r"t\.csv: not a table"),
        (b"x,y\n\xff\xfe,2\n", r"t\.csv: not a table"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_in_one_line(tmp_path, content, message):
    if content is not None:
        (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(UserError, match=message) as refused:
        read_table(tmp_path / "t.csv", ["x", "y"])
    assert "\n" not in str(refused.value)
