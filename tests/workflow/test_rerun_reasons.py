"""Differences of parameters, code and packages in words."""

from __future__ import annotations

import json

import pytest

from fisher_spectra.workflow.rerun_reasons import changed_files, changed_packages, changed_parameters

FIG1 = {"widths": [10, 30], "networks": 8, "bins": {"number": 4}}


def settings(root_seed=1, first=0, **changes):
    """Settings as the rules pass them: JSON with sections by place, and values of the job."""
    sections = {"paper.fig1": FIG1 | changes, "": {"device": "cpu"}}
    return repr(json.dumps({"scale": "smoke", "root_seed": root_seed, "sections": sections, "job": {"first": first}}))


def test_equal_parameters_differ_in_nothing():
    assert changed_parameters([settings(), "3"], {"settings": settings(), "threads": "3"}) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"networks": 9}, ["paper.fig1.networks was 8, now 9"]),
        ({"widths": [10]}, ["paper.fig1.widths was [10, 30], now [10]"]),
        ({"bins": {"number": 5}}, ["paper.fig1.bins.number was 4, now 5"]),
        ({"steps": 3}, ["paper.fig1.steps is new: 3"]),
        ({"root_seed": 2}, ["root_seed was 1, now 2"]),
        ({"first": 4}, ["first was 0, now 4"]),
        ({"networks": 9, "root_seed": 2}, ["root_seed was 1, now 2", "paper.fig1.networks was 8, now 9"]),
    ],
)
def test_a_setting_is_named_by_its_place_in_the_configuration(changes, expected):
    assert changed_parameters([settings()], {"settings": settings(**changes)}) == expected


def test_a_setting_that_is_gone_is_told():
    assert changed_parameters([settings(steps=3)], {"settings": settings()}) == ["paper.fig1.steps is gone, it was 3"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("20190416", "1", ["name was 20190416, now 1"]),
        ("[0.1, 0.3]", "[0.1]", ["name was [0.1, 0.3], now [0.1]"]),
        ("'cpu'", "'cuda'", ["name was cpu, now cuda"]),
        ("''", "'x'", ["name was not given, now x"]),
        ("<object>", "<other>", ["name was <object>, now <other>"]),
        ("{'a': 1}", "{'a': 2}", ["name.a was 1, now 2"]),
        ("[{'a': 1}, {'a': 2}]", "[{'a': 1}, {'a': 3}]", ["name[1].a was 2, now 3"]),
    ],
)
def test_every_kind_of_parameter_is_compared_in_its_own_way(old, new, expected):
    assert changed_parameters([old], {"name": new}) == expected


def test_parameters_are_matched_by_their_kind_not_by_their_order():
    old = ["'scripts/a.py'", "5", settings(networks=9)]
    new = {"script": "'scripts/b.py'", "settings": settings(), "number": "6"}
    expected = ["script was scripts/a.py, now scripts/b.py", "paper.fig1.networks was 9, now 8", "number was 5, now 6"]
    assert changed_parameters(old, new) == expected


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


def test_files_of_code_are_named_with_what_became_of_them():
    before = {"scripts/a.py": "1", "src/b.py": "2", "src/c.py": "3"}
    now = {"scripts/a.py": "1", "src/b.py": "5", "src/d.py": "4"}
    assert changed_files(before, now) == ["src/b.py changed", "src/c.py is no longer used", "src/d.py is used now"]
    assert changed_files(now, now) == []
