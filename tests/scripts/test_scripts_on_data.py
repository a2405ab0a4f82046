"""Scripts that read a file of data: their record holds its hash, their tables the variant of its images."""

from __future__ import annotations

import hashlib
import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from fisher_spectra.common.tables import read_table
from fisher_spectra.datasets.npz import write_npz

SCRIPTS = Path(__file__).parents[2] / "scripts"
LABEL = "cifar10, jpeg mirror"
NETWORK = ["--experiment", "test", "--activation", "tanh", "--function", "tanh", "--sigma-w2", 3, "--sigma-b2", 0.6]
MEAN_FIELD = [*NETWORK, "--depth", 3, "--widths", 4, 6, "--samples", 20, "--normalisation", "sample", "--momentum", 0.9]
RATES = ["--smallest-rate", 0.01, "--largest-rate", 1, "--rates", 2]
ONLINE = ["--experiment", "test", "--samples", 10, "--epochs", 1, "--function", "hard_tanh(s=0.5,g=1)", "--depths", 2]
TRAINED = ["--device", "cpu", "--give-up-loss", 1000]
READERS = {
    "karakida/train_on_data": [
        *(*MEAN_FIELD, *RATES, "--batch-size", 10, "--trials", 1, "--divergence-loss", 1000, "--device", "cpu"),
    ],
    "karakida/predict_learning_rates": [*MEAN_FIELD, "--kernel-samples", 10],
    "hayase_karakida/train_online": [
        *(*ONLINE, *TRAINED, *RATES, "--first-rate", 0, "--stop-rate", 2, "--trials", 1),
    ],
    "hayase_karakida/train_spectra": [*ONLINE, *TRAINED, "--learning-rates", 0.1, "--inputs", 2],
}


@pytest.fixture
def data(tmp_path):
    """Images as `fetch_dataset` writes them, of the variant that is not the published one."""
    rng = np.random.default_rng(0)
    arrays = {
        "x_train": rng.integers(0, 256, (30, 12), dtype=np.uint8),
        "y_train": np.arange(30, dtype=np.uint8) % 3,
        "x_test": rng.integers(0, 256, (6, 12), dtype=np.uint8),
        "y_test": np.arange(6, dtype=np.uint8) % 3,
    }
    texts = {"name": "cifar10", "title": "CIFAR-10", "variant": "jpeg mirror"}
    described = {name: np.array(text) for name, text in texts.items()} | {"image_shape": np.array([2, 2, 3])}
    write_npz(tmp_path / "cifar10.npz", arrays | described)
    return tmp_path / "cifar10.npz"


@pytest.fixture
def script(tmp_path):
    """Run a script with some options; its table, and the record beside it."""

    def run(name, *options):
        output = tmp_path / f"{Path(name).name}.csv"
        where = ("--output", output, "--provenance", output.with_suffix(".json"))
        runpy.run_path(str(SCRIPTS / f"{name}.py"))["main"]([*map(str, (*where, *options))])
        return output, json.loads(output.with_suffix(".json").read_text())

    return run


@pytest.mark.parametrize("name", READERS)
def test_the_record_has_the_hash_of_the_data_and_the_table_their_variant(script, data, name):
    table, record = script(name, "--dataset", data, *READERS[name])
    assert record["inputs"] == {str(data): hashlib.sha256(data.read_bytes()).hexdigest()}
    assert set(read_table(table)["dataset"]) == {LABEL}


@pytest.mark.parametrize("name", READERS)
def test_embedded_digits_are_no_file(script, name):
    table, record = script(name, "--dataset", "digits", *READERS[name])
    assert record["inputs"] == {}
    assert set(read_table(table)["dataset"]) == {"digits"}


def test_predictions_and_training_of_a_variant_meet_in_the_table(script, data):
    parts, _ = script("karakida/train_on_data", "--dataset", data, *READERS["karakida/train_on_data"])
    predicted, _ = script("karakida/predict_learning_rates", "--dataset", data, *MEAN_FIELD, "--kernel-samples", 10)
    options = ("--parts", parts, "--predictions", predicted, "--divergence-loss", 1000)
    table, record = script("karakida/tabulate_training", *options)
    assert set(record["inputs"]) == {str(parts), str(predicted)}
    found, expected = read_table(table), read_table(predicted).set_index("M")
    assert set(found["dataset"]) == {LABEL}
    for line in ("eta_c", "eta_c_overlap", "eta_c_data"):
        np.testing.assert_array_equal(found[line], expected.loc[found["M"], line])
