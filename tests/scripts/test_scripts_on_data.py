"""Scripts that read a file of data: their record holds its hash, their tables the variant of its images."""

from __future__ import annotations

import hashlib
import json
import re
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
from digits_file import digits_file
from script_modules import script_module

from fisher_spectra.common.seeds import generator
from fisher_spectra.common.tables import read_table
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.datasets.npz import write_npz
from fisher_spectra.datasets.preprocessing import SCHEMES, subsample
from fisher_spectra.finite_size.ensemble import layered_ensemble
from fisher_spectra.finite_size.prediction import finite_size_prediction
from fisher_spectra.jobs.checkpoints import checkpoint_of
from fisher_spectra.jobs.run_job import Job, run_job

LABEL = "cifar10, jpeg mirror"
NETWORK = {"experiment": "test", "activation": "tanh", "function": "tanh", "sigma_w2": 3.0, "sigma_b2": 0.6}
MEAN_FIELD = {**NETWORK, "depth": 3, "widths": [4, 6], "samples": 20, "normalisation": "sample", "momentum": 0.9}
RATES = {"smallest": 0.01, "largest": 1.0, "number": 2}
TRAINED = {"device": "cpu", "learning_rates": RATES, "trials": 1}
ONLINE = {
    **{"experiment": "test", "samples": 10, "epochs": 1, "label_norm": "root_width", "depths": [2]},
    **{"device": "cpu", "isometry": {"s_squared": 0.25, "g": 1}, "give_up_loss": 1000},
}
# by script: its function, and its settings besides the data
READERS = {
    "karakida/train_on_data": (
        "train_columns_on_data",
        {**MEAN_FIELD, **TRAINED, "batch_size": 10, "divergence_loss": 1000},
    ),
    "karakida/predict_learning_rates": ("predict_learning_rates", {**MEAN_FIELD, "outputs": 3, "kernel_samples": 10}),
    "hayase_karakida/train_online": ("train_columns_online", {**ONLINE, **TRAINED, "first": 0, "stop": 2}),
    "hayase_karakida/train_spectra": ("train_spectra", {**ONLINE, "rates": [0.1], "inputs": 2}),
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
    file = tmp_path / "cifar10.npz"
    write_npz(file, arrays | described)
    (tmp_path / "cifar10.source.json").write_text(json.dumps({"sha256": hashlib.sha256(file.read_bytes()).hexdigest()}))
    return file


def own_file(folder, **changed):
    """A file of the reader's own that is called as a published one: 40 samples of 12 values and three classes."""
    x = np.random.default_rng(1).uniform(0.1, 2.0, (40, 12))
    for number, value in changed.items():
        x[int(number.removeprefix("sample_"))] = value
    np.savez(folder / "mnist.npz", x=x, y=np.arange(40) % 3)
    return folder / "mnist.npz"


@pytest.fixture
def script(tmp_path):
    """Run a script with settings of its job and other options; its table, and the record beside it."""

    def run(name, called, settings, *options):
        output = tmp_path / f"{Path(name).name}.csv"
        text = json.dumps({"scale": "smoke", "root_seed": 0, "sections": {}, "job": settings})
        where = ("--output", output, "--provenance", output.with_suffix(".json"), "--settings", text)
        run_job(getattr(script_module(name), called), [*map(str, (*where, *options))])
        return output, json.loads(output.with_suffix(".json").read_text())

    return run


@pytest.fixture
def reader(script):
    """Run a script that reads a data set."""

    def run(name, dataset, **changed):
        called, settings = READERS[name]
        return script(name, called, settings | {"dataset": str(dataset)} | changed)

    return run


@pytest.mark.parametrize("name", READERS)
def test_the_record_has_the_hash_of_the_data_and_the_table_their_variant(reader, data, name):
    table, record = reader(name, data)
    assert record["inputs"] == {str(data): hashlib.sha256(data.read_bytes()).hexdigest()}
    assert set(read_table(table)["dataset"]) == {LABEL}


@pytest.mark.parametrize("name", READERS)
def test_embedded_digits_are_a_file_like_the_others(reader, tmp_path, name):
    file = digits_file(tmp_path)
    table, record = reader(name, file)
    assert list(record["inputs"]) == [str(file)]
    assert set(read_table(table)["dataset"]) == {"digits"}


@pytest.mark.parametrize("dataset", [digits_file, own_file])
def test_each_image_is_trained_with_its_own_label(reader, tmp_path, monkeypatch, dataset):
    """Against the file, whatever the order of the subsample: an image under `sample` is its standardised values."""
    file = dataset(tmp_path)
    trained, module = [], script_module("karakida/train_on_data")
    train = module.train_on_data

    def watched(ensemble, descent, batches, *others):
        trained.append(batches)
        return train(ensemble, descent, batches, *others)

    monkeypatch.setattr(module, "train_on_data", watched)
    reader("karakida/train_on_data", file)
    loaded = load_dataset(str(file))
    pixels = loaded.x_train.reshape(len(loaded.x_train), -1).astype(np.float64)
    standardised = (pixels - pixels.mean(1, keepdims=True)) / pixels.std(1, keepdims=True)
    assert trained
    for batches in trained:
        inputs = np.asarray(batches.inputs, dtype=np.float64)
        distances = np.abs(inputs[:, None] - standardised).max(axis=2)
        labels = loaded.y_train[distances.argmin(axis=1)]
        assert distances.min(axis=1).max() < 1e-5
        assert len(set(labels.tolist())) >= 3
        np.testing.assert_array_equal(np.asarray(batches.targets).argmax(axis=1), labels)


def test_predictions_and_training_of_a_variant_meet_in_the_table(reader, script, data):
    parts, _ = reader("karakida/train_on_data", data)
    predicted, _ = reader("karakida/predict_learning_rates", data)
    options = ("--parts", parts, "--predictions", predicted)
    table, record = script("karakida/tabulate_training", "tabulate_training", {"divergence_loss": 1000}, *options)
    assert set(record["inputs"]) == {str(parts), str(predicted)}
    found, expected = read_table(table), read_table(predicted).set_index("M")
    assert set(found["dataset"]) == {LABEL}
    for line in ("eta_c", "eta_c_overlap", "eta_c_data", "eta_c_finite_size"):
        np.testing.assert_array_equal(found[line], expected.loc[found["M"], line])


def test_the_rate_at_finite_size_knows_the_width_of_the_input_the_outputs_and_the_moments_of_the_data(reader, data):
    table, _ = reader("karakida/predict_learning_rates", data)
    for row in read_table(table).itertuples():
        layers = (12, row.M, row.M, 3)
        found = finite_size_prediction(
            layered_ensemble(layers, "tanh", MEAN_FIELD["sigma_w2"], MEAN_FIELD["sigma_b2"]),
            MEAN_FIELD["samples"],
            input_moment=row.input_moment,
            input_overlap=row.input_overlap,
        )
        assert row.eta_c_finite_size == pytest.approx(2 * 1.9 / found.largest_eigenvalue, rel=1e-12)
        assert row.eta_c_finite_size < 0.9 * row.eta_c_overlap


@pytest.mark.parametrize("name", READERS)
def test_data_of_one_s_own_are_never_those_whose_name_their_file_has(reader, tmp_path, name):
    table, record = reader(name, own_file(tmp_path))
    assert set(read_table(table)["dataset"]) == {"own:mnist"}
    assert list(record["inputs"]) == [str(tmp_path / "mnist.npz")]


@pytest.mark.parametrize("name", ["karakida/train_on_data", "karakida/predict_learning_rates"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_that_the_configuration_allows_runs(reader, tmp_path, name, scheme):
    table, _ = reader(name, own_file(tmp_path), normalisation=scheme)
    assert np.isfinite(read_table(table).select_dtypes("number")).all().all()


@pytest.mark.parametrize("name", ["karakida/train_on_data", "karakida/predict_learning_rates"])
def test_a_constant_sample_is_refused_by_its_number_in_the_file_wherever_the_subsample_has_it(
    reader, tmp_path, capsys, name
):
    numbers = {f"sample_{number}": 0.7 for number in range(7, 40)}  # any subsample has one
    with pytest.raises(SystemExit):
        reader(name, own_file(tmp_path, **numbers))
    said = capsys.readouterr().err.strip().splitlines()[-1]
    found = re.fullmatch(
        rf"error: {tmp_path}/mnist\.npz: sample (\d+) of 'x': all of its 12 values are equal, .*", said
    )
    assert found, said
    chosen = subsample(generator(0, "test", "samples"), 32, 20)
    file_numbers = load_dataset(tmp_path / "mnist.npz").train_numbers.numbers[chosen]
    assert int(found[1]) == next(number for number in file_numbers if number >= 7)


@pytest.mark.parametrize("name", ["hayase_karakida/train_online", "hayase_karakida/train_spectra"])
@pytest.mark.parametrize("of_test_set", [True, False])
def test_a_sample_of_zeros_is_refused_by_its_number_in_the_file(reader, tmp_path, capsys, name, of_test_set):
    whole = load_dataset(own_file(tmp_path))
    numbers = (whole.test_numbers if of_test_set else whole.train_numbers).numbers
    with pytest.raises(SystemExit):
        reader(name, own_file(tmp_path, **{f"sample_{number}": 0.0 for number in numbers}))
    said = capsys.readouterr().err.strip().splitlines()[-1]
    found = re.fullmatch(rf"error: {tmp_path}/mnist\.npz: sample (\d+) of 'x': all of its 12 values are zero, .*", said)
    assert found, said
    assert int(found[1]) in numbers


def test_a_checkpoint_made_from_other_data_is_of_another_identity(tmp_path, monkeypatch):
    identities = []
    for value in (0.5, 0.6):
        job = Job(Namespace(output=tmp_path / "part.csv"))
        job.uses(own_file(tmp_path, sample_3=value))
        checkpoint = checkpoint_of(job, "cpu", M=4)
        monkeypatch.setattr(checkpoint, "_interval", 0.0)
        identities.append(checkpoint.restore(loss=np.zeros(3)))
        checkpoint.save(loss=np.ones(3))
        identities.append(checkpoint.restore(loss=np.zeros(3)))
    assert identities == [False, True, False, True]
