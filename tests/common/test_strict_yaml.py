"""YAML that people write: plain data, or one line that says where and what."""

from __future__ import annotations

import re

import pytest

from fisher_spectra.common.checked_yaml import check
from fisher_spectra.common.errors import UserError, printable, shown
from fisher_spectra.common.strict_yaml import read_value, read_yaml, typed


@pytest.fixture
def file(tmp_path):
    return tmp_path / "a.yaml"


REFUSED = {
    "a number in base 8": ("a: 1\nb: 010\n", r"line 2: .*'010' is in base 8 by its first 0; write 10, or '010' for a"),
    "a negative one": ("a: -0_7\n", r"line 1: .*write 7"),
    "a number in base 60": ("a: 1:30\n", r"line 1: .*'1:30' is a number in base 60; write it in full, or '1:30'"),
    "a fraction in base 60": ("a: 1:30.5\n", "base 60"),
    "a list in base 60": ("a: [10, 190:20:30]\n", "base 60"),
    "no digit": ("a: 0x_\n", r"line 1: not valid YAML: '0x_' cannot be read as int"),
    "no binary digit": ("a: 0b_\n", "'0b_' cannot be read as int"),
    "too many digits": ("a: " + "9" * 5000 + "\n", r"line 1: not valid YAML: '9+ \.\.\. 9+' cannot be read as int"),
    "a tag that its text is not": ("a: !!int abc\n", r"'abc' cannot be read as int"),
    "a truth value that is none": ("a: !!bool abc\n", r"'abc' cannot be read as bool"),
    "an empty number": ("a: !!float ''\n", r"'' cannot be read as float"),
    "a day with a tag": ("a: !!timestamp 2024-02-30\n", r"line 1: .*could not determine a constructor"),
    "bytes": ("a: !!binary abc\n", r"line 1: .*could not determine a constructor"),
    "a set": ("a: !!set {b}\n", r"line 1: .*could not determine a constructor"),
    "an object": ("a: !!python/object:os.system {}\n", r"line 1: .*could not determine a constructor"),
    "a merge key": ("a: &a {b: 1}\nc:\n  <<: *a\n", r"line 3: '<<', which takes over another mapping, is not read"),
    "brackets": ("a: " + "[" * 2000 + "]" * 2000 + "\n", r"a\.yaml: lists or mappings are nested more than 50 deep"),
    "braces": ("a: " + "{b: " * 60 + "}" * 60 + "\n", "nested more than 50 deep"),
    "an alias of itself": ("a: &a [*a]\n", "line 1: not valid YAML: found unconstructable recursive node"),
    "a mapping of itself": ("a: &a {b: *a}\n", "line 1: not valid YAML: found unconstructable recursive node"),
    "an escape that is no character": ('a: "\\UFFFFFFFF"\n', "not valid YAML"),
    "a value in place of a key": ("=: 1\n", "could not determine a constructor"),
    "keys that are one number": ("1: a\n1.0: b\n", "key 1.0 is given twice"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_yaml_reads_otherwise_than_people_is_refused_in_one_short_line(file, text, message):
    file.write_text(text)
    with pytest.raises(UserError, match=message) as refused:
        read_yaml(file)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400


def test_aliases_within_aliases_are_refused_before_they_fill_the_memory(file):
    levels = [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 20)]
    file.write_text("a0: &a0 [1]\n" + "\n".join(levels) + "\n")
    with pytest.raises(UserError, match="holds more than 1000000 values when its aliases are written out"):
        read_yaml(file)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-3", -3),
        ("1_000", 1000),
        ("0x10", 16),
        ("0.5", 0.5),
        ("00.5", 0.5),
        ("1e-3", 0.001),
        ("2024-02-30", "2024-02-30"),
        ("2024-02-28", "2024-02-28"),
        ("'010'", "010"),
        ("'1:30'", "1:30"),
        ("08", "08"),
        ("true", True),
        ("[1, 2.5, x]", [1, 2.5, "x"]),
        ("{a: {b: ~}}", {"a": {"b": None}}),
    ],
)
def test_what_people_mean_is_read(file, text, value):
    file.write_text(f"a: {text}\n")
    assert read_yaml(file) == {"a": value}
    assert read_value(text, "--config a") == value
    assert type(read_yaml(file)["a"]) is type(value)


def test_an_alias_stands_for_what_it_names(file):
    file.write_text("a: &a {b: 1}\nc: *a\n")
    assert read_yaml(file) == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize("text", ["{a: 1, a: 2}", "010", "[1", "[" * 2000, "!!int x", "{<<: {a: 1}}", "*a"])
def test_a_bad_value_of_a_command_line_is_refused_in_one_line_that_names_its_key(text):
    with pytest.raises(UserError, match=r"^--config a\.b: ") as refused:
        read_value(text, "--config a.b")
    assert str(refused.value).isprintable()


def test_texts_that_are_no_numbers_stay_texts_where_everything_arrives_as_text():
    assert typed({"a": ["1", "0.5", "010", "1:30", "[1]", "0x_", "x" * 5000]}) == {
        "a": [1, 0.5, "010", "1:30", "[1]", "0x_", "x" * 5000]
    }


def test_a_key_with_a_line_break_is_named_on_one_line(file):
    file.write_text('"a\\nb": 1\n')
    with pytest.raises(UserError) as refused:
        check(read_yaml(file), {"type": "object", "properties": {"ab": {}}, "additionalProperties": False}, "file")
    assert str(refused.value) == r"file: a\nb: unknown key; did you mean 'ab'? Allowed: ab"


def test_a_message_never_moves_the_cursor():
    assert str(UserError("a\nb\x1b[2J\u2028\ud800 é")) == r"a\nb\x1b[2J\u2028\ud800 é"
    assert printable("plain") == "plain"


def test_a_long_value_is_cut_in_the_middle():
    assert shown("a" * 10) == repr("a" * 10)
    assert re.fullmatch(r"\[0, 1.* \.\.\. .*999\]", shown(list(range(1000))))
    assert len(shown("a" * 1000)) <= 120
