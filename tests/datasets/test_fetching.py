"""From a server, a mirror folder or files put by hand to one verified file; and every way in which that fails."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import resource
import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from failing_server import drop, failing_server, serve, status
from tiny_datasets import (
    RECORDS,
    both_archives,
    cifar_members,
    digest_of,
    idx_bytes,
    plain_member,
    tiny_archive,
    tiny_cifar,
    tiny_idx,
)

from fisher_spectra.common.errors import UserError
from fisher_spectra.datasets.download import RetryPolicy
from fisher_spectra.datasets.fetching import Fetched, fetch_dataset
from fisher_spectra.datasets.finding import Origins, mirror_folder
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.datasets.named import load_named_dataset
from fisher_spectra.datasets.npz import read_npz
from fisher_spectra.datasets.registry import DATASETS

EAGER = RetryPolicy(attempts=2, first_pause=0.0)
SCRIPT = Path(__file__).parents[2] / "scripts" / "data" / "fetch_dataset.py"


@pytest.fixture(autouse=True)
def clean_place(monkeypatch, tmp_path):
    monkeypatch.delenv("DATA_MIRROR", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def server():
    with failing_server() as running:
        yield running


def fetch(dataset, output, stream=None, addresses=(), **origins) -> Fetched:
    return fetch_dataset(dataset, output, Origins(addresses=tuple(addresses), **origins), stream)


def offer(server, files):
    for name, content in files.items():
        server.plan[f"/{name}"] = [serve(content)]


def put(folder: Path, files) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def refusal(*arguments, **options) -> str:
    """The one line a failed fetch ends with; nothing may lie in the destination then."""
    options.setdefault("stream", io.StringIO())
    with pytest.raises(UserError) as error:
        fetch(*arguments, policy=EAGER, **options)
    message = str(error.value)
    assert "\n" not in message
    assert not list(Path("out").rglob("*"))
    return message


def check_tiny(path: Path, arrays) -> None:
    found = read_npz(path)
    for role, values in arrays.items():
        np.testing.assert_array_equal(found[role], values.reshape(len(values), -1) if values.ndim > 1 else values)
        assert found[role].dtype == np.uint8


def test_idx_data_set_is_downloaded_and_loaded_with_its_images_flattened(server):
    description, arrays, files = tiny_idx()
    offer(server, files)
    fetched = fetch(description, "out/tiny.npz", addresses=[server.address], policy=EAGER)
    check_tiny(fetched.path, arrays)
    loaded = load_dataset("out/tiny.npz")
    np.testing.assert_array_equal(loaded.x_test, arrays["x_test"].reshape(4, 15))
    np.testing.assert_array_equal(loaded.classes[loaded.y_train], arrays["y_train"])
    assert (loaded.title, loaded.variant, loaded.image_shape) == ("Tiny", "original", (5, 3))


def test_record_beside_the_file_names_every_source_with_its_checksum(server):
    description, _, files = tiny_idx()
    offer(server, files)
    fetched = fetch(description, "out/tiny.npz", addresses=[server.address + "/"], policy=EAGER)
    record = json.loads(fetched.record.read_text())
    assert record["variant"] == "original"
    assert [source["found"] for source in record["sources"]] == [f"{server.address}/{name}" for name in files]
    known = [file.checksum.digest for (file,) in description.files.values()]
    assert [source["digest"] for source in record["sources"]] == known
    assert {(source["algorithm"], source["of"], source["published_by"]) for source in record["sources"]} == {
        ("sha256", "content", "the tests")
    }
    assert [source["sha256"] for source in record["sources"]] == [digest_of(f, "sha256") for f in files.values()]


def test_only_the_result_and_its_record_are_left_in_the_destination(server):
    description, _, files = tiny_idx()
    offer(server, files)
    fetch(description, "out/tiny.npz", addresses=[server.address], policy=EAGER)
    assert sorted(path.name for path in Path("out").iterdir()) == ["tiny.npz", "tiny.source.json"]


def test_download_and_mirror_give_the_same_bytes(server):
    description, _, files = tiny_idx()
    offer(server, files)
    fetch(description, "out/a.npz", addresses=[server.address], policy=EAGER)
    fetch(description, "out/b.npz", mirror=put(Path("mirror/tiny"), files).parent)
    assert Path("out/a.npz").read_bytes() == Path("out/b.npz").read_bytes()


@pytest.mark.parametrize("place", ["tiny", "Tiny/raw", "."])
@pytest.mark.parametrize("packed", [True, False])
def test_mirror_may_have_the_files_compressed_or_not_in_either_folder_or_directly(place, packed):
    description, arrays, files = tiny_idx()
    if not packed:
        files = {name.removesuffix(".gz"): gzip.decompress(content) for name, content in files.items()}
    put(Path("mirror") / place, files)
    check_tiny(fetch(description, "out/tiny.npz", mirror="mirror").path, arrays)


def test_mirror_is_named_by_the_variable_and_the_argument_goes_before_it(monkeypatch):
    description, arrays, files = tiny_idx()
    put(Path("right/tiny"), files)
    Path("empty").mkdir()
    monkeypatch.setenv("DATA_MIRROR", "right")
    check_tiny(fetch(description, "out/tiny.npz", mirror="").path, arrays)
    assert mirror_folder("empty") == Path("empty")


def test_no_mirror_is_none():
    assert mirror_folder("") is None
    assert mirror_folder(None) is None


def test_mirror_that_is_no_folder_is_refused_with_where_it_was_named(monkeypatch):
    assert refusal("mnist", "out/m.npz", mirror="nowhere").startswith("data_mirror = nowhere: no such folder")
    monkeypatch.setenv("DATA_MIRROR", "elsewhere")
    assert refusal("mnist", "out/m.npz").startswith("DATA_MIRROR = elsewhere: no such folder")


def test_mirror_whose_name_is_too_long_for_the_system_is_refused_in_one_line():
    assert "no such folder" in refusal("mnist", "out/m.npz", mirror="x" * 5000)


def test_with_a_mirror_nothing_is_downloaded_and_a_missing_file_is_named(server):
    description, _, files = tiny_idx()
    offer(server, files)
    incomplete = {name: content for name, content in files.items() if name != "test-x.gz"}
    put(Path("mirror/tiny"), incomplete)
    message = refusal(description, "out/tiny.npz", mirror="mirror", addresses=[server.address])
    assert message.startswith("Tiny: test-x.gz is missing from the mirror; sought at mirror/tiny/test-x.gz, ")
    assert f"published at {server.address}/test-x.gz" in message
    assert not server.asked


def test_files_put_by_hand_are_taken_and_only_the_others_are_downloaded(server):
    description, arrays, files = tiny_idx()
    offer(server, files)
    put(Path("data/tiny"), {"train-x.gz": files["train-x.gz"]})
    fetched = fetch(description, "out/tiny.npz", addresses=[server.address], policy=EAGER)
    check_tiny(fetched.path, arrays)
    assert fetched.sources[0].found == "data/tiny/train-x.gz"
    assert "/train-x.gz" not in server.asked
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: content[: len(content) // 2], "is truncated"),
        (lambda content: b"<html>sign in</html>", "is not an IDX file"),
        (lambda content: gzip.compress(gzip.decompress(content)[:-1] + b"\x0b"), "SHA-256"),
        (lambda content: gzip.compress(bytes(10_000_000)), "holds more than the 121 bytes"),
        (lambda content: b"", "fewer than the four"),
    ],
    ids=["truncated", "web page", "other content", "bomb", "empty"],
)
@pytest.mark.parametrize("origin", ["mirror", "server", "hand"])
def test_wrong_file_is_refused_wherever_it_comes_from(server, damage, reason, origin):
    description, _, files = tiny_idx()
    files["train-x.gz"] = damage(files["train-x.gz"])
    if origin == "server":
        offer(server, files)
        message = refusal(description, "out/tiny.npz", addresses=[server.address])
        place = f"{server.address}/train-x.gz: what arrived"
        assert "put it by hand at data/tiny/train-x.gz" in message
    else:
        folder = put(Path("files/tiny"), files).parent
        option = {"mirror": folder} if origin == "mirror" else {"by_hand": folder, "addresses": [server.address]}
        message = refusal(description, "out/tiny.npz", **option)
        place = "files/tiny/train-x.gz"
        assert "put the published file there, or remove it" in message
        assert not server.asked
    assert message.startswith("Tiny: ")
    assert f"{place} " in message
    assert reason in message


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (status(404), "HTTP 404 Not Found"),
        (status(500), "HTTP 500 Internal Server Error, 2 attempts"),
        (drop(bytes(100), 40), "the connection ended before the whole file had arrived, 2 attempts"),
        (serve(bytes(10_000_000)), "the server offers 10000000 bytes, more than the"),
    ],
)
def test_failed_download_says_why_where_it_sought_and_where_to_put_the_file(server, behaviour, reason):
    description, _, files = tiny_idx()
    offer(server, files)
    server.plan["/test-x.gz"] = [behaviour]  # the third file: what was fetched before it must not stay either
    message = refusal(description, "out/tiny.npz", addresses=[server.address])
    assert message.startswith(f"Tiny: test-x.gz cannot be downloaded ({server.address}/test-x.gz: {reason}")
    assert message.endswith("put it by hand at data/tiny/test-x.gz or name a folder that has it in DATA_MIRROR")


def test_failure_that_passes_leaves_no_trace_in_the_result(server):
    description, arrays, files = tiny_idx()
    offer(server, files)
    server.plan["/train-x.gz"].insert(0, status(500))
    server.plan["/train-y.gz"].insert(0, drop(files["train-y.gz"], 10))
    report = io.StringIO()
    fetched = fetch(description, "out/tiny.npz", addresses=[server.address], policy=EAGER, stream=report)
    check_tiny(fetched.path, arrays)
    assert "Tiny: train-x.gz from 127.0.0.1: HTTP 500 Internal Server Error; attempt 2 of 2" in report.getvalue()


@pytest.mark.parametrize("behaviour", [status(404), status(500), serve(b"<html>sign in</html>")])
def test_next_address_is_tried_when_one_fails_or_sends_the_wrong_file(server, behaviour):
    description, arrays, files = tiny_idx()
    offer(server, {f"good/{name}": content for name, content in files.items()})
    server.plan |= {f"/bad/{name}": [behaviour] for name in files}
    fetched = fetch(
        replace(description, addresses=(f"{server.address}/bad/", f"{server.address}/good/")),
        "out/tiny.npz",
        policy=EAGER,
        stream=io.StringIO(),
    )
    check_tiny(fetched.path, arrays)
    assert fetched.sources[0].found == f"{server.address}/good/train-x.gz"


def test_published_addresses_are_used_when_no_other_are_given():
    description, _, _ = tiny_idx()
    assert "http://127.0.0.1:9/train-x.gz: connection refused, 2 attempts" in refusal(description, "out/tiny.npz")


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_files_are_verified_as_they_are_published_where_no_checksum_of_their_content_is_known(server, algorithm):
    description, arrays, files = tiny_idx(algorithm=algorithm, of="file")
    offer(server, files)
    fetched = fetch(description, "out/tiny.npz", addresses=[server.address], policy=EAGER)
    check_tiny(fetched.path, arrays)
    record = json.loads(fetched.record.read_text())
    assert [source["digest"] for source in record["sources"]] == [digest_of(f, algorithm) for f in files.values()]
    assert [source["sha256"] for source in record["sources"]] == [digest_of(f, "sha256") for f in files.values()]
    assert {source["of"] for source in record["sources"]} == {"file"}


@pytest.mark.parametrize("origin", ["mirror", "server"])
def test_another_compression_of_the_same_content_is_refused_where_the_file_is_verified(server, origin):
    description, _, files = tiny_idx(algorithm="md5", of="file")
    packed = gzip.compress(gzip.decompress(files["train-x.gz"]), 1, mtime=7)
    assert packed != files["train-x.gz"]
    files["train-x.gz"] = packed
    offer(server, files)
    option = {"mirror": put(Path("mirror/tiny"), files).parent} if origin == "mirror" else {}
    message = refusal(description, "out/tiny.npz", addresses=[server.address], **option)
    known = description.files["x_train"][0].checksum.digest
    assert f"has {len(packed)} bytes and MD5 {digest_of(packed, 'md5')}; the published one is {known}" in message


def test_uncompressed_files_are_not_sought_where_the_compressed_file_is_verified():
    description, _, files = tiny_idx(algorithm="md5", of="file")
    put(Path("mirror/tiny"), {name.removesuffix(".gz"): gzip.decompress(content) for name, content in files.items()})
    message = refusal(description, "out/tiny.npz", mirror="mirror")
    assert message.startswith("Tiny: train-x.gz is missing from the mirror; sought at mirror/tiny/train-x.gz, ")


def test_kuzushiji_mnist_is_refused_unless_its_compressed_files_are_the_published_ones(server):
    other = gzip.compress(idx_bytes(np.zeros((60000, 28, 28), dtype=np.uint8)))
    server.plan["/train-images-idx3-ubyte.gz"] = [serve(other)]
    message = refusal("kmnist", "out/kmnist.npz", addresses=[server.address])
    assert message.startswith("Kuzushiji-MNIST: train-images-idx3-ubyte.gz cannot be downloaded")
    assert f"has {len(other)} bytes and SHA-256 {digest_of(other, 'sha256')}; the published one is 51467d22" in message


def test_sizes_other_than_those_of_the_registry_are_refused():
    wrong = replace(DATASETS["digits"], training_samples=1499)
    assert "x_test has shape (298, 64); the registry expects (297, 64)" in refusal(wrong, "out/digits.npz")
    description, arrays, files = tiny_idx()
    few = replace(description, classes=2)
    labels = np.unique(np.concatenate([arrays["y_train"], arrays["y_test"]]))
    message = refusal(few, "out/tiny.npz", mirror=put(Path("mirror/tiny"), files).parent)
    assert f"Tiny: has {len(labels)} classes; the registry expects 2" in message


def test_original_archive_of_cifar10_is_downloaded_and_called_original(server):
    original, jpeg = both_archives()
    server.plan["/tiny.tar.gz"] = [serve(original)]
    fetched = fetch(tiny_cifar(original, jpeg), "out/c.npz", addresses=[server.address], policy=EAGER)
    loaded = load_dataset("out/c.npz")
    first = cifar_members()["cifar-10-batches-bin/data_batch_1.bin"]
    np.testing.assert_array_equal(loaded.x_train[0], list(first[1:3073]))
    assert loaded.x_train.shape == (5 * RECORDS, 3072)
    assert (fetched.variant, loaded.variant, loaded.title) == ("original", "original", "Tiny CIFAR")
    assert loaded.image_shape == (3, 32, 32)


def test_archive_that_went_through_jpeg_is_taken_from_a_mirror_and_says_so_in_the_title():
    original, jpeg = both_archives()
    put(Path("mirror/cifar"), {"tiny-jpeg.tar.xz": jpeg})
    fetched = fetch(tiny_cifar(original, jpeg), "out/c.npz", mirror="mirror", stream=io.StringIO())
    assert json.loads(fetched.record.read_text())["variant"] == "jpeg mirror"
    loaded = load_dataset("out/c.npz")
    assert loaded.title == "Tiny CIFAR (jpeg mirror)"
    assert loaded.label == f"{loaded.name}, jpeg mirror"


def test_original_archive_goes_before_the_one_that_went_through_jpeg():
    original, jpeg = both_archives()
    put(Path("mirror/cifar"), {"tiny-jpeg.tar.xz": jpeg, "tiny.tar.gz": original})
    assert fetch(tiny_cifar(original, jpeg), "out/c.npz", mirror="mirror").variant == "original"


def test_missing_archive_is_named_by_its_published_name():
    Path("mirror").mkdir()
    message = refusal(tiny_cifar(*both_archives()), "out/c.npz", mirror="mirror")
    assert message.startswith("Tiny CIFAR: tiny.tar.gz is missing from the mirror; sought at mirror/cifar/tiny.tar.gz,")


@pytest.mark.parametrize("name", ["/tmp/evil", "../../evil"])
def test_hostile_archive_is_refused_in_one_line_and_writes_nothing(server, name):
    hostile = gzip.compress(tiny_archive([plain_member(name, b"evil")]))
    server.plan["/tiny.tar.gz"] = [serve(hostile)]
    before = set(Path().rglob("*"))
    message = refusal(tiny_cifar(hostile, b""), "out/c.npz", addresses=[server.address])
    assert f"is refused: its member {name!r} points outside of the archive" in message
    assert "put it by hand at data/cifar/tiny.tar.gz" in message
    assert set(Path().rglob("*")) - before == {Path("out")}


def test_archive_with_another_checksum_is_refused(server):
    server.plan["/tiny.tar.gz"] = [serve(both_archives(seed=5)[0])]
    message = refusal(tiny_cifar(*both_archives()), "out/c.npz", addresses=[server.address])
    assert "what arrived has" in message
    assert "the published one is" in message


def test_embedded_digits_are_written_like_any_other_data_set():
    fetched = fetch("digits", "out/digits.npz")
    loaded, embedded = load_dataset("out/digits.npz"), load_named_dataset("digits")
    np.testing.assert_array_equal(loaded.x_train, embedded.x_train)
    np.testing.assert_array_equal(loaded.y_test, embedded.y_test)
    assert (fetched.variant, loaded.title) == ("embedded", embedded.title)


def test_unknown_data_set_is_refused_with_those_there_are():
    assert refusal("emnist", "out/e.npz").endswith(f"unknown; must be one of {', '.join(DATASETS)}")


def test_destination_below_a_file_is_refused_in_one_line(server):
    description, _, files = tiny_idx()
    offer(server, files)
    Path("file").write_text("")
    for option in ({"mirror": put(Path("mirror/tiny"), files).parent}, {"addresses": [server.address]}):
        message = refusal(description, "file/tiny.npz", **option)
        assert message.startswith("file/tiny.npz: cannot be written (")


def test_destination_without_permission_is_refused_in_one_line(monkeypatch):
    def forbidden(*_: object, **__: object) -> None:  # a real folder would not stop an administrator
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "mkdir", forbidden)
    assert refusal("digits", "out/digits.npz").startswith("out/digits.npz: cannot be written (Permission denied)")


@pytest.mark.parametrize("name", ["digits", "download"])
def test_file_that_cannot_be_finished_is_removed(server, name):
    """A limit on the size of files makes the real system call fail in the middle."""
    description, _, _ = tiny_idx()
    large = np.random.default_rng(0).integers(0, 256, (7, 100, 300), dtype=np.uint8)
    large_files = {"x_train": description.files["x_train"]}
    server.plan["/train-x.gz"] = [serve(gzip.compress(idx_bytes(large)))]
    dataset = "digits" if name == "digits" else replace(description, image_shape=large.shape[1:], files=large_files)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        message = refusal(dataset, "out/x.npz", addresses=[server.address])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert message.startswith("out/x.npz: cannot be written (File too large)")


def test_full_disk_is_named_and_nothing_half_written_stays(monkeypatch):
    write_array = np.lib.format.write_array
    written = []

    def full_at_the_third(stream, array, **options):
        written.append(stream)
        if len(written) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_array(stream, array, **options)

    monkeypatch.setattr(np.lib.format, "write_array", full_at_the_third)
    assert "out/digits.npz: cannot be written (No space left on device)" in refusal("digits", "out/digits.npz")
    assert len(written) == 3


def test_earlier_result_survives_a_fetch_that_fails(server):
    description, _, files = tiny_idx()
    offer(server, files)
    fetch(description, "out/tiny.npz", addresses=[server.address], policy=EAGER)
    before = {path: path.read_bytes() for path in Path("out").iterdir()}
    server.plan["/test-y.gz"] = [status(404)]
    with pytest.raises(UserError):
        fetch(description, "out/tiny.npz", addresses=[server.address], policy=EAGER)
    assert {path: path.read_bytes() for path in Path("out").iterdir()} == before


def script(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *arguments])
    try:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def test_script_writes_the_file_and_its_record(monkeypatch):
    assert script(monkeypatch, "--dataset", "digits", "--output", "out/digits.npz", "--mirror", "") == 0
    assert load_dataset("out/digits.npz").variant == "embedded"
    assert Path("out/digits.source.json").is_file()


def test_script_ends_with_one_line_and_status_1_when_a_file_is_missing(monkeypatch, capsys):
    Path("mirror").mkdir()
    assert script(monkeypatch, "--dataset", "mnist", "--output", "out/mnist.npz", "--mirror", "mirror") == 1
    message = capsys.readouterr().err
    assert message.startswith(
        "error: MNIST: train-images-idx3-ubyte.gz is missing from the mirror; sought at mirror/mnist/"
    )
    assert message.count("\n") == 1
    assert not list(Path("out").rglob("*"))


@pytest.mark.parametrize(
    "wrong", [("--attempts", "0"), ("--timeout", "0"), ("--timeout", "inf"), ("--dataset", "emnist")]
)
def test_script_refuses_arguments_out_of_range(monkeypatch, capsys, wrong):
    assert script(monkeypatch, "--dataset", "mnist", "--output", "out/m.npz", *wrong) != 0
    assert f"argument {wrong[0]}: " in capsys.readouterr().err
    assert not Path("out").exists()


def test_reading_data_sets_does_not_import_the_download_code():
    code = (
        "import sys, fisher_spectra.datasets.loading, fisher_spectra.datasets.preprocessing, "
        "fisher_spectra.datasets.overlaps, fisher_spectra.datasets.labels, fisher_spectra.datasets.named; "
        "print([name for name in ('requests', 'torch', 'sklearn') if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    assert answer.stdout.strip() == "[]"
