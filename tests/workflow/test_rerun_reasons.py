"""Differences of parameters and packages in words."""

from __future__ import annotations

import json

import pytest

from fisher_spectra.workflow.rerun_reasons import changed_packages, changed_parameters

CONFIGURATION = {
    "root_seed": 1,
    "paper": {"fig1": {"widths": [10, 30], "networks": 8}, "fig2": {"steps": 5}},
}


def settings(**changes):
    """Settings as the rules pass them: JSON with the sections that a table depends on."""
    section = CONFIGURATION["paper"]["fig1"] | changes
    return repr(json.dumps({"scale": "smoke", "root_seed": 1, "settings": [section]}, sort_keys=True))


def test_equal_parameters_differ_in_nothing():
    assert changed_parameters([settings(), "3"], {"settings": settings(), "root_seed": "3"}) == []


def test_a_setting_is_named_by_its_place_in_the_configuration():
    old, new = settings(networks=9), settings()
    assert changed_parameters([old], {"settings": new}, CONFIGURATION) == ["paper.fig1.networks was 9, now 8"]


def test_without_its_place_a_setting_is_named_by_its_key():
    old, new = settings(networks=8), settings(networks=9)
    assert changed_parameters([old], {"settings": new}) == ["settings[0].networks was 8, now 9"]


def test_a_list_is_shown_as_a_whole():
    found = changed_parameters([settings(widths=[10])], {"settings": settings()}, CONFIGURATION)
    assert found == ["paper.fig1.widths was [10], now [10, 30]"]


def test_a_setting_that_is_new_or_gone_is_told():
    found = changed_parameters([settings(steps=3)], {"settings": settings()}, CONFIGURATION)
    assert found == ["paper.fig1.steps is gone, it was 3"]
    found = changed_parameters([settings()], {"settings": settings(steps=3)})
    assert found == ["settings[0].steps is new: 3"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("'--depths 3 --widths 10 30'", "'--depths 3 --widths 10 40'", ["--widths was 10 30, now 10 40"]),
        ("'--depths 3'", "'--depths 3 --bins 4'", ["--bins is new: 4"]),
        ("'--depths 3 --device cpu'", "'--depths 3 --device'", ["--device was cpu, now not given"]),
        ("20190416", "1", ["name was 20190416, now 1"]),
        ("[0.1, 0.3]", "[0.1]", ["name was [0.1, 0.3], now [0.1]"]),
        ("'cpu'", "'cuda'", ["name was cpu, now cuda"]),
        ("'--name \"open'", "'--name \"open x'", ['name was --name "open, now --name "open x']),  # no command line
        ("<object>", "<other>", ["name was <object>, now <other>"]),
        ("{'a': 1}", "{'a': 2}", ["name.a was 1, now 2"]),
    ],
)
def test_every_kind_of_parameter_is_compared_in_its_own_way(old, new, expected):
    assert changed_parameters([old], {"name": new}) == expected


def test_parameters_are_matched_by_their_kind_not_by_their_order():
    old = ["'--widths 10'", "5", settings(networks=9)]
    new = {"grid": "'--widths 20'", "settings": settings(), "root_seed": "6"}
    found = changed_parameters(old, new, CONFIGURATION)
    assert found == ["--widths was 10, now 20", "paper.fig1.networks was 9, now 8", "root_seed was 5, now 6"]


def test_options_are_matched_with_those_they_have_most_in_common_with():
    old = ["'--widths 10 --depths 3'", "'--function tanh --sigma-w2 3'"]
    new = {"activation": "'--function tanh --sigma-w2 2'", "grid": "'--widths 20 --depths 3'"}
    assert changed_parameters(old, new) == ["--sigma-w2 was 3, now 2", "--widths was 10, now 20"]


def test_a_parameter_of_another_kind_is_new_and_the_old_one_is_gone():
    found = changed_parameters(["5"], {"device": "'cpu'"})
    assert found == ["parameter device is new: cpu", "a parameter is gone, it was 5"]


def test_long_values_are_cut():
    (line,) = changed_parameters([repr("x" * 500)], {"name": repr("y" * 500)})
    assert len(line) < 170
    assert line.count(" ...") == 2


def test_packages_are_compared_by_version():
    before = {"python": "3.11.7", "numpy": "2.4.5", "torch": "2.13.0+cpu", "old": "1"}
    pinned = {"numpy": "2.4.6", "torch": "2.13.0", "new": "7"}
    assert changed_packages(before, pinned) == [
        "package numpy was 2.4.5, now 2.4.6",
        "package old is no longer pinned",
        "package new is new",
    ]
    assert changed_packages({}, pinned) == []
