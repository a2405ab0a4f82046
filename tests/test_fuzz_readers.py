"""What reads files that others may have made gives what is in them or refuses them in one line, whatever the bytes.

Some hundred damaged copies for each reader; `make test-faults` makes it twenty times as many.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import lzma
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from mutated_bytes import ROUNDS, mutated_objects, mutations
from tiny_datasets import cifar_members, idx_bytes, plain_member, tar_bytes

from fisher_spectra import provenance
from fisher_spectra.claims.ledger import SCHEMA, read_ledger
from fisher_spectra.common.checked_yaml import closed
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.strict_yaml import read_yaml
from fisher_spectra.common.tables import read_table, write_table
from fisher_spectra.datasets.cifar10 import read_cifar10_archive
from fisher_spectra.datasets.idx import parse_idx, read_idx_file
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.datasets.npz import npz_sizes
from fisher_spectra.datasets.registry import Checksum, PublishedFile
from fisher_spectra.jobs.figure_provenance import figure_record, read_record, read_sidecar
from fisher_spectra.jobs.provenance import devices_of, peak_memory_of, seconds_of, write_sidecar
from fisher_spectra.plotting.style import save_figure
from fisher_spectra.training.checkpoints import Checkpoint
from fisher_spectra.workflow import present
from fisher_spectra.workflow.configuration import check_configuration, load_configuration, merge
from fisher_spectra.workflow.own_networks import with_defaults

ROOT = Path(__file__).resolve().parents[1]
SEED = 13


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    """A warning is a second line that people see."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def outcome(read: Callable[[], object]) -> str:
    """`read` or `refused`; any other error, and a refusal in more than one line, ends the test."""
    try:
        read()
    except UserError as error:
        said = str(error)
    else:
        return "read"
    assert said.isprintable(), said
    return "refused"


def outcomes(file: Path, contents: Iterator[bytes], read: Callable[[Path], object]) -> set[str]:
    """What becomes of a file with these contents; each is refused by its name."""
    found = set()
    for content in contents:
        file.write_bytes(content)
        found.add(outcome(lambda: read(file)))
    return found


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table with its sidecar, in the working folder."""
    monkeypatch.chdir(tmp_path)
    file = Path("results/smoke/tables/experiment.csv")
    write_table(pd.DataFrame({"x": [1, 2, 3], "y": [0.5, np.nan, 1e300], "name": ["a", "b, c", ""]}), file)
    part = Path("results/smoke/cells/part.csv")
    write_table(pd.DataFrame({"x": [1]}), part)
    settings = {"scale": "smoke", "root_seed": 1, "sections": {"karakida.corollary2": {"networks": 3}}}
    for result, inputs in ((part, {}), (file, {str(part): hashlib.sha256(part.read_bytes()).hexdigest()})):
        write_sidecar(
            result.with_suffix(".json"),
            outputs=[result],
            inputs=inputs,
            settings=settings,
            code={"scripts/claims/evaluate_claims.py": "0" * 64},
            device="cpu",
            seconds=1.0,
        )
    return file


@pytest.fixture
def record(table: Path) -> dict[str, Any]:
    """What a figure of that table carries."""
    return figure_record(table, {"src/fisher_spectra/plotting/style.py": "0" * 64})


@pytest.fixture
def figures(record: dict[str, Any], tmp_path: Path) -> dict[str, bytes]:
    """A PNG and a PDF that carry the record."""
    files = [tmp_path / "figure.png", tmp_path / "figure.pdf"]
    save_figure(plt.figure(figsize=(0.2, 0.2)), files, record)
    plt.close("all")
    return {file.suffix: file.read_bytes() for file in files}


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_figures_give_their_record_or_are_refused(tmp_path: Path, figures: dict[str, bytes], suffix: str) -> None:
    assert outcomes(tmp_path / f"x{suffix}", mutations(SEED, [figures[suffix]]), read_record) == {"read", "refused"}


def test_the_text_of_a_png_gives_its_record_or_is_refused(tmp_path: Path, record: dict[str, Any]) -> None:
    text = json.dumps(record).encode()

    def with_text(content: bytes) -> bytes:
        chunk = b"tEXtfisher-spectra\0" + content
        end = b"\0\0\0\0IEND\xaeB`\x82"
        return (
            b"\x89PNG\r\n\x1a\n"
            + (len(chunk) - 4).to_bytes(4, "big")
            + chunk
            + zlib.crc32(chunk).to_bytes(4, "big")
            + end
        )

    contents = map(with_text, mutations(SEED, [text]))
    assert outcomes(tmp_path / "x.png", contents, read_record) == {"read", "refused"}


@pytest.fixture
def quick_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """The present tree, asked once."""
    configuration = load_configuration(ROOT, {"scale": "smoke"})

    def loaded(root: Path, overrides: dict[str, Any]) -> dict[str, Any]:
        if overrides["scale"] != "smoke":
            raise UserError("scale: must be smoke")
        return configuration

    monkeypatch.setattr(present, "load_configuration", loaded)
    monkeypatch.setattr(present, "git_commit", lambda: "0" * 40)


def told_of(figure: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command says of a figure; it must be lines that can be printed, and the last an answer."""
    status = provenance.main([str(figure)])
    said = capsys.readouterr()
    assert all(line.isprintable() for line in (said.out + said.err).splitlines())
    assert "Traceback" not in said.out + said.err
    if said.err:
        assert (status, said.out, said.err.count("\n")) == (1, "", 1)
        return "refused"
    assert said.out.splitlines()[-1].startswith("  The present tree gives")
    return "told"


@pytest.mark.usefixtures("quick_tree")
def test_the_command_answers_for_figures_with_any_record(
    tmp_path: Path, record: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    found = set()
    for hostile in mutated_objects(SEED, record):
        save_figure(plt.figure(figsize=(0.02, 0.02)), [tmp_path / "x.png"], hostile)
        plt.close("all")
        found.add(told_of(tmp_path / "x.png", capsys))
    assert found == {"told", "refused"}


@pytest.mark.usefixtures("quick_tree")
@pytest.mark.parametrize("name", ["tables/experiment.json", "cells/part.json"])
def test_the_command_answers_whatever_sidecars_say(
    tmp_path: Path, figures: dict[str, bytes], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sidecar = tmp_path / "results/smoke" / name
    whole = json.loads(sidecar.read_text())
    for hostile in mutated_objects(SEED, whole):
        sidecar.write_text(json.dumps(hostile))
        assert told_of(tmp_path / "figure.png", capsys) in ("told", "refused")


def test_sidecars_are_read_or_refused(table: Path) -> None:
    sidecar = table.with_suffix(".json")
    whole = sidecar.read_bytes()

    def read(file: Path) -> None:
        for field in (seconds_of, peak_memory_of, devices_of):
            field([file])

    assert outcomes(sidecar, mutations(SEED, [whole]), read) == {"read", "refused"}
    objects = (json.dumps(one).encode() for one in mutated_objects(SEED, json.loads(whole)))
    assert outcomes(sidecar, objects, read) == {"read", "refused"}
    for content in mutations(SEED + 1, [whole, b"{}", b"[" * 10**5]):
        sidecar.write_bytes(content)
        assert isinstance(read_sidecar(table), dict)


def test_tables_are_read_or_refused(table: Path) -> None:
    contents = mutations(SEED, [table.read_bytes()])
    assert outcomes(table, contents, lambda file: read_table(file, ["x", "y"])) == {"read", "refused"}


def saved(save: Callable[..., None], **arrays: np.ndarray) -> bytes:
    """An `.npz` file."""
    buffer = io.BytesIO()
    save(buffer, **arrays)
    return buffer.getvalue()


X, Y = np.arange(30.0).reshape(5, 6), np.array([3, 8, 3, 8, 8])


def test_data_of_one_s_own_are_read_or_refused(tmp_path: Path) -> None:
    split = {"x_train": X[:3], "y_train": Y[:3], "x_test": X[3:], "y_test": Y[3:]}
    originals = [saved(np.savez, x=X, y=Y), saved(np.savez_compressed, x=X, y=Y), saved(np.savez, **split)]
    for read in (load_dataset, npz_sizes):
        assert outcomes(tmp_path / "x.npz", mutations(SEED, originals), read) == {"read", "refused"}


def test_a_damaged_checkpoint_is_ignored_or_whole(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "x.npz", "as before", interval=0.0)
    loss, step = np.linspace(0, 1, 6).reshape(2, 3), np.arange(6).reshape(2, 3)
    checkpoint.save(loss=loss, step=step)
    restored = []
    for content in mutations(SEED, [checkpoint.path.read_bytes()]):
        checkpoint.path.write_bytes(content)
        found = {"loss": np.full((2, 3), -1.0), "step": np.full((2, 3), -1)}
        restored.append(checkpoint.restore(**found))
        kept = (loss, step) if restored[-1] else (-1, -1)
        assert (found["loss"] == kept[0]).all()
        assert (found["step"] == kept[1]).all()
    assert set(restored) == {True, False}


def test_idx_files_are_read_or_refused(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    plain, file = idx_bytes(values), tmp_path / "x-idx3-ubyte.gz"
    expected = PublishedFile(file.name, Checksum("sha256", hashlib.sha256(plain).hexdigest(), "content", "the tests"))
    found = set()
    for content in mutations(SEED, [plain, gzip.compress(plain)]):
        file.write_bytes(content)
        for read in (lambda: parse_idx(file.read_bytes()), lambda: read_idx_file(file, expected, values.shape)):
            try:
                read()
            except ValueError as error:  # of which `finding` makes one line with the name of the file
                said = str(error)
            else:
                said = ""
            assert "\n" not in said
            found.add("refused" if said else "read")
    assert found == {"read", "refused"}


def archives() -> Iterator[tuple[str, bytes]]:
    """Archives of CIFAR-10, by the ends of their names: damaged within, in a header, and as compressed streams."""
    rng = np.random.default_rng(SEED)
    archive = tar_bytes([plain_member(name, content[:3073]) for name, content in cifar_members().items()])
    block = 512  # of a tar archive
    headers = [at for at in range(0, len(archive), block) if archive[at + 257 : at + 262] == b"ustar"]
    packed = {".gz": gzip.compress(archive, 1), ".xz": lzma.compress(archive, preset=0)}
    for whole in mutations(SEED, [archive], ROUNDS // 6):
        yield ".gz", gzip.compress(whole, 0)
    for at in rng.choice(headers, ROUNDS // 2).tolist():
        (header,) = mutations(int(rng.integers(2**32)), [archive[at : at + block]], 1)
        # as tarfile sums it, so that what is damaged is read
        summed = 8 * 32 + sum(header[:148]) + sum(header[156:block])
        header = header[:148] + b"%06o\0 " % summed + header[156:]
        yield ".gz", gzip.compress(archive[:at] + header + archive[at + block :], 0)
    for ending, content in packed.items():
        for whole in mutations(SEED, [content], ROUNDS // 6):
            yield ending, whole


def test_archives_of_cifar_10_are_read_or_refused(tmp_path: Path) -> None:
    found = set()
    for ending, content in archives():
        file = tmp_path / f"cifar.tar{ending}"
        file.write_bytes(content)
        # what has the right checksum is read, whatever it is
        expected = PublishedFile(file.name, Checksum("md5", hashlib.md5(content).hexdigest(), "file", "the tests"))
        try:
            arrays = read_cifar10_archive(file, expected, 1)
        except ValueError as error:  # of which `finding` makes one line with the name of the file
            said = str(error)
        else:
            said = ""
            assert [arrays[name].shape for name in ("x_train", "y_train", "x_test", "y_test")] == [
                *((5, 3072), (5,), (1, 3072), (1,))
            ]
            assert max(arrays["y_train"].max(), arrays["y_test"].max()) <= 9
        assert said.isprintable()
        found.add("refused" if said else "read")
    assert found == {"read", "refused"}


def test_ledgers_are_read_or_refused(tmp_path: Path) -> None:
    (tmp_path / SCHEMA).write_bytes((ROOT / "claims" / SCHEMA).read_bytes())
    text = (ROOT / "claims" / "karakida.yaml").read_text(encoding="utf-8")
    claims = text[: text.index("\n\n", 2500)].encode()  # the first of them
    found = outcomes(tmp_path / "one.yaml", mutations(SEED, [claims]), lambda file: read_ledger(file.parent))
    assert found == {"read", "refused"}


def test_configurations_are_read_or_refused(tmp_path: Path) -> None:
    base = read_yaml(ROOT / "config.yaml")
    schema = closed(read_yaml(ROOT / "config" / "config.schema.yaml"))
    originals = [(ROOT / "config" / f"{scale}.yaml").read_bytes() for scale in ("smoke", "paper")]

    def read(file: Path) -> None:
        check_configuration(with_defaults(merge(base, read_yaml(file)), schema), schema)

    assert outcomes(tmp_path / "config.yaml", mutations(SEED, originals), read) == {"read", "refused"}
