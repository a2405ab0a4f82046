"""A kind of layer is known by its module alone, and may be any object with the methods of the protocol."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import fisher_spectra as fs
from fisher_spectra.jobs.import_closure import import_closure
from fisher_spectra.karakida.universality import Base
from fisher_spectra.layers import kinds
from fisher_spectra.layers.cases import LayerCase, layer_cells
from fisher_spectra.layers.protocol import LayerKind


def variances(stack: fs.LayerStack) -> list[tuple[float, float]]:
    """Of weights and biases of each layer, all of which have them."""
    return [(layer.sigma_w2, layer.sigma_b2) for layer in stack.layers if isinstance(layer, fs.Dense)]


BASE = {"width": 4, "activation": "relu", "sigma_w2": 2.0, "sigma_b2": 0.1, "biases": False}


HALVED = """
from dataclasses import dataclass, replace

from fisher_spectra.layers.kinds.dense import Dense


@dataclass(frozen=True)
class Halved(Dense):
    kind = "halved"
    title = "halved"

    def forward(self, parameters, below):
        passed = super().forward(parameters, below)
        return replace(passed, values=passed.raw / 2.0)

    def cotangents_of_raw(self, passed, cotangents):
        return cotangents / 2.0

    def kernel(self, below, inputs, samples):
        return self.raw_kernel(below, inputs).scaled(0.25)

    def plain_scale(self, below, samples):
        return 0.25
"""


@pytest.fixture
def with_halved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "halved.py").write_text(HALVED, encoding="utf-8")
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(tmp_path)])
    yield
    sys.modules.pop("fisher_spectra.layers.kinds.halved", None)


@pytest.mark.usefixtures("with_halved")
def test_a_module_of_kinds_is_all_that_a_new_kind_needs() -> None:
    stack = fs.layer_stack((60, 60, 60, 1), ("dense", "halved", "dense"), ("relu",) * 2, (2.0,) * 3, (0.1,) * 3)
    # beside a plain layer of a quarter of the variances its own parameters count a quarter
    plain = fs.layer_stack((60, 60, 60, 1), ("dense",) * 3, ("relu",) * 2, (2.0, 0.5, 2.0), (0.1, 0.025, 0.1))
    prediction = fs.stack_prediction(stack, 20)
    assert prediction.edge is not None
    assert prediction.outliers == pytest.approx(prediction.uniform, rel=1e-9)
    assert prediction.uniform < fs.stack_prediction(plain, 20).uniform
    values = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        values.append(
            fs.largest_eigenvalue(fs.dual_fisher_of_stack(fs.sample_stack(rng, stack), rng.normal(size=(20, 60))))
        )
    assert np.mean(values) == pytest.approx(prediction.largest_eigenvalue, rel=0.12)


def test_every_kind_is_a_layer_with_a_name_of_its_own() -> None:
    known = fs.layer_kinds()
    for name, make in known.items():
        layer = make(*list(BASE.values())[:4], biases=False)
        assert isinstance(layer, LayerKind)
        assert layer.kind == name
        assert layer.title
    assert len({make(*list(BASE.values())[:4]).title for make in known.values()}) == len(known)


def test_scripts_depend_on_the_module_of_every_kind() -> None:
    root = Path(__file__).resolve().parents[2]
    files = import_closure(root / "scripts/karakida/sample_layers.py", (root / "src",))
    folder = root / "src/fisher_spectra/layers/kinds"
    assert {file for file in files if file.parent == folder} == set(folder.glob("*.py"))


def test_cases_are_those_of_the_configuration() -> None:
    bases = {"half": Base("relu", 2.0, 0.1), "bent": Base("tanh", 3.0, 0.64)}
    cases = {
        "own": LayerCase("layers", ("dense",) * 3, ("relu", "tanh"), (1.0, 2.0, 3.0), (0.0, 0.1, 0.2)),
        "outputs": LayerCase("many", ("dense", "batch_norm"), samples_per_width=0.5),
        "scaled": LayerCase("hidden", ("layer_norm", "dense"), sigma_w2=(4.0, 5.0)),
    }
    cells = layer_cells(bases, cases, [10, 20], 7)
    assert [(cell.case, cell.activation, cell.width, cell.samples) for cell in cells] == [
        *[("own", "mixed", width, 7) for width in (10, 20)],
        *[("outputs", name, width, width // 2) for name in ("half", "bent") for width in (10, 20)],
        *[("scaled", name, width, 7) for name in ("half", "bent") for width in (10, 20)],
    ]
    own, outputs, scaled = cells[0], cells[2], cells[-1]
    assert own.stack.widths == (10, 10, 10, 1)
    assert variances(own.stack) == [(1.0, 0.0), (2.0, 0.1), (3.0, 0.2)]
    assert own.centred is None
    assert outputs.centred is not None
    assert [layer.kind for layer in outputs.centred.layers] == ["dense", "batch_centring"]
    assert outputs.key == {
        "group": "many",
        "case": "outputs",
        "layers": "dense+batch_norm",
        "activation": "half",
        "M": 10,
        "T": 5,
    }
    assert variances(scaled.stack) == [(4.0, 0.64), (5.0, 0.64)]
