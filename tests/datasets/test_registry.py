"""The registry of named data sets is complete, light, and what the rest of the project asks."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from fisher_spectra.datasets.named import load_named_dataset
from fisher_spectra.datasets.readers import reader_of
from fisher_spectra.datasets.registry import DATASETS, is_own_file
from fisher_spectra.datasets.variants import is_own
from fisher_spectra.jobs.import_closure import closure_of_module
from fisher_spectra.jobs.source_code import ROOT

DIGITS = {"md5": 32, "sha256": 64}  # hexadecimal
PUBLISHED = [dataset for dataset in DATASETS.values() if not dataset.embedded]


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_set_has_a_name_for_files_and_rules_and_a_reader(name):
    dataset = DATASETS[name]
    assert dataset.name == name
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert not is_own_file(name)
    assert not is_own(name)
    assert callable(reader_of(dataset))
    assert closure_of_module(dataset.reader_module, (ROOT / "src",))


@pytest.mark.parametrize("dataset", PUBLISHED, ids=lambda dataset: dataset.name)
def test_every_published_file_has_an_address_and_a_checksum_with_its_source(dataset):
    assert dataset.addresses
    assert all(re.fullmatch(r"https?://\S+/", address) for address in dataset.addresses)
    assert dataset.folders
    for accepted in dataset.files.values():
        assert any(file.downloadable for file in accepted)
        for file in accepted:
            assert re.fullmatch(rf"[0-9a-f]{{{DIGITS[file.checksum.algorithm]}}}", file.checksum.digest)
            assert file.checksum.source


def test_no_two_files_have_one_checksum():
    digests = [file.checksum.digest for d in PUBLISHED for accepted in d.files.values() for file in accepted]
    assert len(set(digests)) == len(digests)


def test_the_sizes_of_the_embedded_data_sets_are_those_of_their_samples():
    for dataset in DATASETS.values():
        if dataset.embedded:
            loaded = load_named_dataset(dataset.name)
            assert (len(loaded.x_train), len(loaded.x_test)) == (dataset.training_samples, dataset.test_samples)
            assert (loaded.n_features, loaded.n_classes) == (dataset.pixels, dataset.classes)


def test_sizes_of_mnist_are_those_of_its_paper():
    mnist = DATASETS["mnist"]
    assert (mnist.samples, mnist.pixels, mnist.bytes) == (70000, 784, 70000 * 785)
    assert [mnist.shape(role) for role in ("x_train", "y_test")] == [(60000, 28, 28), (10000,)]


def test_the_registry_loads_nothing_heavy():
    code = "import sys, fisher_spectra.datasets.registry; print({'numpy', 'requests', 'torch'} & sys.modules.keys())"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    assert answer.stdout.strip() == "set()"


def test_what_reads_a_file_of_a_data_set_depends_on_no_reader_of_published_files_and_not_on_the_registry():
    closure = {path.stem for path in closure_of_module("fisher_spectra.datasets.loading", (ROOT / "src",))}
    assert {"npz", "user_data"} <= closure
    assert not closure & {"registry", "readers", "idx", "cifar10", "digits", "download", "finding", "fetching"}


@pytest.mark.parametrize("path", ["mine.npz", "mnist.NPZ", "a folder/digits.Npz"])
def test_a_path_of_an_npz_file_is_the_reader_s_own_in_any_case(path):
    assert is_own_file(path)
