"""Cases beyond the paper's figures: each differs from the plain network in what its name says."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from fisher_spectra.karakida.universality import Base, cases

ACTIVATIONS = {"tanh": Base("tanh", 3.0, 0.64), "half": Base("relu", 2.0, 0.1)}
PLAIN = {"weights": "gaussian", "biases": "gaussian", "inputs": "gaussian", "moment": 1.0, "overlap": 0.0}


@pytest.fixture
def found():
    return cases(ACTIVATIONS, 3)


def test_no_two_cases_have_one_key(found):
    assert len({tuple(case.key.values()) for case in found}) == len(found)


def test_laws_stand_where_the_group_says_and_nothing_else_changes(found):
    for case in found:
        changed = {name for name, value in PLAIN.items() if asdict(case)[name] != value}
        if case.group in ("weights", "biases"):
            assert changed <= {case.group}
            assert asdict(case)[case.group] == case.name
        elif case.group == "inputs":
            expected = {"unnormalised": {"moment"}, "correlated": {"overlap"}, "both": {"moment", "overlap"}}
            assert changed == expected.get(case.name, {"inputs"})
        else:
            assert case.group == "layers"
            assert not changed


def test_every_activation_has_every_law_with_its_own_variances(found):
    for name, base in ACTIVATIONS.items():
        own = [case for case in found if case.activation == name]
        assert {case.name for case in own if case.group == "weights"} == {
            "gaussian", "uniform", "binary", "laplace", "student"
        }  # fmt: skip
        assert {case.name for case in own if case.group == "biases"} == {"uniform", "binary", "laplace"}
        assert {(case.functions, case.sigma_w2, case.sigma_b2) for case in own} == {
            ((base.function,) * 2, (base.sigma_w2,) * 3, (base.sigma_b2,) * 3)
        }


def test_layers_differ_in_activations_in_variances_or_in_both(found):
    layers = {case.name: case for case in found if case.group == "layers"}
    differ = {
        name: (len(set(case.functions)) > 1, len(set(case.sigma_w2)) > 1, len(set(case.sigma_b2)) > 1)
        for name, case in layers.items()
    }
    assert differ == {"activations": (True, False, False), "variances": (False, True, True), "both": (True,) * 3}


def test_an_overlap_is_possible_with_its_moment(found):
    assert all(0.0 <= case.overlap < case.moment for case in found)
