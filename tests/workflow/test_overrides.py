"""Settings of a command line: one level deeper with every dot, or as YAML; refused in one line that names the key."""

from __future__ import annotations

from pathlib import Path

import pytest
from snakemake.cli import parse_config

from fisher_spectra.common.errors import UserError
from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.overrides import as_entries, read_overrides

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (["karakida.fig1.depth=4"], {"karakida": {"fig1": {"depth": 4}}}),
        (["karakida.fig1.depth=4", "karakida.fig1.samples=30"], {"karakida": {"fig1": {"depth": 4, "samples": 30}}}),
        (["karakida={fig1: {depth: 4}}", "karakida.fig1.depth=5"], {"karakida": {"fig1": {"depth": 5}}}),
        (["karakida.fig1.widths=[10, 20]"], {"karakida": {"fig1": {"widths": [10, 20]}}}),
        (["a.function=leaky_relu(slope=0.1)"], {"a": {"function": "leaky_relu(slope=0.1)"}}),
        (["root_seed=1", "root_seed=1e3"], {"root_seed": 1000.0}),
        (["data_mirror="], {"data_mirror": ""}),
        (["data_mirror=/a b"], {"data_mirror": "/a b"}),
        ([], {}),
    ],
)
def test_a_dot_goes_one_level_deeper(entries, expected):
    assert read_overrides(entries) == expected


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("karakida.fig1", "--config karakida.fig1: must be KEY=VALUE"),
        ("=4", "--config =4: must be KEY=VALUE"),
        ("karakida..depth=4", "--config karakida..depth=4: must be KEY=VALUE"),
        (".=4", "must be KEY=VALUE"),
        ("a" + ".a" * 2000 + "=1", "must be KEY=VALUE"),
        ("root_seed=010", "--config root_seed: not a value of YAML: '010' is in base 8"),
        ("karakida={fig1: {depth: 4", "--config karakida: not a value of YAML"),
        ("karakida={fig1: 1, fig1: 2}", "--config karakida: key 'fig1' is given twice; keep one of them"),
    ],
)
def test_what_is_no_setting_is_refused_in_one_line(entry, message):
    with pytest.raises(UserError) as refused:
        read_overrides([entry])
    assert str(refused.value).startswith(message) or message in str(refused.value)
    assert str(refused.value).isprintable()


def test_a_mistyped_key_after_dots_gets_the_line_of_any_mistyped_key():
    with pytest.raises(UserError, match=r"karakida\.fig1\.depht: unknown key; did you mean 'depth'\?"):
        load_configuration(ROOT, read_overrides(["karakida.fig1.depht=4"]))


def test_snakemake_understands_them_as_they_were_meant():
    given = ["scale=smoke", "karakida.fig1.depth=4", "karakida.fig1.widths=[10, 2e1]", "device=cpu", "data_mirror=/a b"]
    given += ["karakida.fig2_gaussian.learning_rates.smallest=1e-3", "karakida.activations.tanh.function=silu"]
    given += ["job_minutes=2.5", "root_seed=3"]
    assert (
        load_configuration(ROOT, parse_config(as_entries({"scale": "smoke", "data_mirror": ""})))["data_mirror"] == ""
    )
    overrides = read_overrides(given)
    through_snakemake = load_configuration(ROOT, parse_config(as_entries(overrides)))
    assert through_snakemake == load_configuration(ROOT, overrides)
    assert through_snakemake["karakida"]["fig1"]["widths"] == [10, 20]
    assert through_snakemake["karakida"]["fig2_gaussian"]["learning_rates"]["smallest"] == 0.001
