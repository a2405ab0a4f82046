"""Files of arrays, a user's own data set, the embedded digits, and loading any of them by name."""

from __future__ import annotations

import io
import os
import pickle
import time
import zipfile

import numpy as np
import pytest
from digits_file import digits_file

from fisher_spectra.common.errors import UserError
from fisher_spectra.datasets import digits
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.datasets.named import load_named_dataset
from fisher_spectra.datasets.npz import read_npz, write_npz
from fisher_spectra.datasets.registry import DATASETS

X = np.arange(30.0).reshape(5, 2, 3)
Y = np.array([3, 8, 3, 8, 8])


def one_line(error: pytest.ExceptionInfo[UserError]) -> str:
    message = str(error.value)
    assert "\n" not in message
    return message


def test_arrays_come_back_from_a_file(tmp_path):
    arrays = {"text": np.array("MNIST"), "x": X[:, ::-1], "y": np.asfortranarray(X[0]), "empty": np.empty((0, 3))}
    write_npz(tmp_path / "a.npz", arrays)
    found = read_npz(tmp_path / "a.npz")
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as numpy_s_own:
        np.testing.assert_array_equal(numpy_s_own["x"], X[:, ::-1])


def test_the_same_arrays_give_the_same_bytes_at_another_time_and_place(tmp_path):
    write_npz(tmp_path / "a.npz", {"x": X, "y": Y})
    time.sleep(0.01)
    os.environ["TZ"] = "Pacific/Auckland"
    try:
        time.tzset()
        write_npz(tmp_path / "b.npz", {"x": X.copy(), "y": Y})
    finally:
        del os.environ["TZ"]
        time.tzset()
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (open, (self.path, "w"))


def test_objects_in_a_file_are_refused_and_never_executed(tmp_path):
    sprung = tmp_path / "sprung"
    np.savez(tmp_path / "a.npz", x=np.array([Trap(str(sprung))] * 2, dtype=object), y=Y[:2])
    with pytest.raises(UserError) as error:
        load_dataset(tmp_path / "a.npz")
    assert "array 'x' holds Python objects, which are never loaded" in one_line(error)
    assert not sprung.exists()


def test_a_pickle_named_npz_is_refused_and_never_executed(tmp_path):
    sprung = tmp_path / "sprung"
    (tmp_path / "a.npz").write_bytes(pickle.dumps(Trap(str(sprung))))
    with pytest.raises(UserError, match=r"not an \.npz file, or a damaged one"):
        load_dataset(tmp_path / "a.npz")
    assert not sprung.exists()


def zipped(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def npy(shape: str, values: bytes = b"", dtype: str = "<f8", version: bytes = b"\x01\x00") -> bytes:
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY" + version + len(header).to_bytes(2, "little") + header + values


def valid_npz() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, x=X, y=Y)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not an .npz file"),
        (b"x,y\n1,2\n", "not an .npz file"),
        (valid_npz()[:-30], "not an .npz file"),
        (valid_npz().replace(X.tobytes(), X.tobytes()[::-1]), "Bad CRC-32"),
        (zipped(x=b"text"), "array 'x' is not a numpy array"),
        (zipped(x=npy("(3,)", bytes(16))), "declares 24 bytes of values and holds 16"),
        (zipped(x=npy("(1000000000, 2)")), "declares 16000000000 bytes of values and holds 0"),
        (zipped(x=npy("(1000000000, 1000000000)")), "at most"),
        (zipped(x=npy("(-1,)")), "array 'x'"),
        (zipped(x=npy("(1,)", bytes(8), version=b"\x09\x00")), "array 'x' is not a numpy array"),
        (zipped(x=npy("__import__('os')", bytes(8))), "array 'x' is not a numpy array"),
    ],
    ids=[
        "empty",
        "text",
        "truncated",
        "changed",
        "no array",
        "short",
        "huge",
        "bomb",
        "negative",
        "version",
        "code",
    ],
)
def test_a_file_that_is_no_proper_npz_is_refused_in_one_line(tmp_path, content, reason):
    path = tmp_path / "mine.npz"
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        load_dataset(path)
    assert reason in one_line(error)
    assert str(path) in one_line(error)


def test_an_array_that_is_there_twice_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "mine.npz", "w") as archive:
        archive.writestr("x.npy", npy("(1,)", bytes(8)))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("x.npy", npy("(1,)", bytes(8)))
    with pytest.raises(UserError, match=r"mine\.npz: holds the array 'x' twice"):
        read_npz(tmp_path / "mine.npz")


def save(tmp_path, **arrays):
    np.savez(tmp_path / "mine.npz", **arrays)
    return tmp_path / "mine.npz"


def with_value(value: float) -> np.ndarray:
    x = X.copy()
    x[3, 1, 2] = value
    return x


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"x": X}, "array 'y' is missing (found: x)"),
        ({"y": Y}, "array 'x' is missing (found: y)"),
        ({"X": X, "Y": Y}, "array 'x' is missing (found: X, Y)"),
        ({"x_train": X, "y_train": Y, "x_test": X}, "has x_train, y_train, x_test and lacks y_test; give all four"),
        (
            {"x_train": X, "y_train": Y},
            "lacks x_test, y_test; give all four, or all samples as x and their labels as y",
        ),
        ({"x_test": X, "y_test": Y}, "has x_test, y_test and lacks x_train, y_train"),
        ({"x": X, "y": Y, "x_train": X, "y_train": Y}, "has x, y, x_train, y_train; either x and y are needed"),
        ({"x": X, "y": np.full(5, 2**63, np.uint64)}, "array 'y' has label 9223372036854775808; labels are at most"),
        ({"x": X.astype(str), "y": Y}, "array 'x' has dtype <U32"),
        ({"x": X.astype(complex), "y": Y}, "array 'x' has dtype complex128"),
        ({"x": X, "y": Y.astype(float)}, "array 'y' has dtype float64; class labels are integers"),
        ({"x": X, "y": Y.astype(str)}, "array 'y' has dtype"),
        ({"x": X[:, 0, 0], "y": Y}, "array 'x' has shape (5,)"),
        ({"x": X, "y": np.eye(5, dtype=int)}, "array 'y' has shape (5, 5)"),
        ({"x": X, "y": Y[:4]}, "5 samples in 'x' but 4 labels in 'y'"),
        ({"x": X[:, :0], "y": Y}, "samples without values"),
        ({"x": with_value(np.nan), "y": Y}, "sample 3 of 'x' holds a value that is not a number"),
        ({"x": with_value(-np.inf), "y": Y}, "sample 3 of 'x' holds a value that is not a number"),
        ({"x": with_value(-1e200), "y": Y}, "holds values above 1e+100"),
        ({"x": X[:1], "y": Y[:1]}, "1 sample(s) in 'x'; at least two"),
        ({"x": X[:0], "y": Y[:0]}, "0 sample(s) in 'x'; at least two"),
        ({"x_train": X, "y_train": Y, "x_test": X[:, :1], "y_test": Y}, "one of 'x_test' (1, 3)"),
        ({"x_train": X, "y_train": Y, "x_test": X[:0], "y_test": Y[:0]}, "one test sample"),
    ],
)
def test_a_user_s_file_with_wrong_arrays_is_refused_in_one_line(tmp_path, arrays, reason):
    path = save(tmp_path, **arrays)
    with pytest.raises(UserError) as error:
        load_dataset(path)
    assert reason in one_line(error)
    assert str(path) in one_line(error)


def test_a_file_that_is_not_there_is_named_with_what_is_allowed(tmp_path):
    with pytest.raises(UserError) as error:
        load_dataset(tmp_path / "mine.npz")
    assert f"data set '{tmp_path / 'mine.npz'}': there is no such file" in one_line(error)
    with pytest.raises(UserError) as error:
        load_named_dataset("mnist", tmp_path)
    assert f"there is no file {tmp_path / 'mnist.npz'}; scripts/data/fetch_dataset.py makes it" in one_line(error)
    with pytest.raises(UserError) as error:
        load_named_dataset("minst", tmp_path)
    assert "'minst': unknown; must be one of digits, mnist" in one_line(error)


def test_a_path_that_is_too_long_for_the_system_is_a_file_that_is_not_there():
    with pytest.raises(UserError, match="there is no such file"):
        load_dataset("x" * 5000 + ".npz")


def test_a_user_s_samples_are_all_there_once_flattened_with_their_own_labels(tmp_path):
    loaded = load_dataset(save(tmp_path, x=X, y=Y))
    x = np.concatenate([loaded.x_train, loaded.x_test])
    y = loaded.classes[np.concatenate([loaded.y_train, loaded.y_test])]
    order = np.argsort(x[:, 0])
    np.testing.assert_array_equal(x[order], X.reshape(5, 6))
    np.testing.assert_array_equal(y[order], Y)
    assert (len(loaded.x_train), len(loaded.x_test)) == (4, 1)
    assert (loaded.name, loaded.variant, loaded.image_shape) == ("own:mine", "user", (2, 3))
    assert (loaded.n_features, loaded.n_classes) == (6, 2)


def test_a_user_s_labels_become_classes_0_to_c_minus_1_in_ascending_order(tmp_path):
    loaded = load_dataset(save(tmp_path, x=X, y=np.array([-5, 70, 7, 7, 70])))
    np.testing.assert_array_equal(loaded.classes, [-5, 7, 70])
    assert set(np.concatenate([loaded.y_train, loaded.y_test])) == {0, 1, 2}


def test_a_user_s_held_out_samples_are_a_fifth_drawn_from_everywhere_and_always_the_same(tmp_path):
    path = save(tmp_path, x=np.arange(1000.0)[:, None], y=np.arange(1000) // 100)
    first, second = load_dataset(path), load_dataset(path)
    np.testing.assert_array_equal(first.x_test, second.x_test)
    assert len(first.x_test) == 200
    assert set(first.y_test) == set(range(10))  # a file sorted by class must not lose one
    assert (np.diff(first.x_train[:, 0]) > 0).all()


def test_a_user_s_own_split_is_kept(tmp_path):
    loaded = load_dataset(save(tmp_path, x_train=X[:3], y_train=Y[:3], x_test=X[3:], y_test=Y[3:]))
    np.testing.assert_array_equal(loaded.x_test, X[3:].reshape(2, 6))
    np.testing.assert_array_equal(loaded.y_train, [0, 1, 0])


@pytest.mark.parametrize(
    ("dtype", "kept"), [("u1", "u1"), ("?", "u1"), ("f4", "f8"), ("i8", "f8"), (">f8", "f8"), ("f2", "f8")]
)
def test_a_user_s_bytes_stay_bytes_and_other_numbers_become_float64(tmp_path, dtype, kept):
    values = (X.reshape(5, 6) > 7).astype(dtype)
    loaded = load_dataset(save(tmp_path, x=values, y=Y))
    assert loaded.x_train.dtype == np.dtype(kept)
    assert loaded.x_train.sum() + loaded.x_test.sum() == values.sum()


def test_labels_of_different_64_bit_types_stay_apart_where_floats_would_merge_them(tmp_path):
    large = 2**53  # above it float64 has every second integer only
    labels = {
        "y_train": np.array([large, large + 1, large + 2], np.int64),
        "y_test": np.array([large + 1, 2**63 - 1], np.uint64),
    }
    loaded = load_dataset(save(tmp_path, x_train=X[:3], x_test=X[3:], **labels))
    assert loaded.classes.tolist() == [large, large + 1, large + 2, 2**63 - 1]
    assert (loaded.y_train.tolist(), loaded.y_test.tolist()) == ([0, 1, 2], [1, 3])


def test_every_sample_is_known_by_its_number_in_the_user_s_file(tmp_path):
    loaded = load_dataset(save(tmp_path, x=np.arange(100.0)[:, None], y=np.arange(100) % 3))
    for samples, numbers in ((loaded.x_train, loaded.train_numbers), (loaded.x_test, loaded.test_numbers)):
        np.testing.assert_array_equal(numbers.numbers, samples[:, 0])
        chosen = np.array([7, 2])
        assert numbers.chosen(chosen).name(1) == f"{tmp_path / 'mine.npz'}: sample {samples[2, 0]:.0f} of 'x'"
    loaded = load_dataset(save(tmp_path, x_train=X[:3], y_train=Y[:3], x_test=X[3:], y_test=Y[3:]))
    assert loaded.test_numbers.name(1) == f"{tmp_path / 'mine.npz'}: sample 1 of 'x_test'"


@pytest.mark.parametrize("name", [*DATASETS, "gaussian"])
def test_a_user_s_file_is_never_taken_for_other_data_of_its_name(tmp_path, name):
    np.savez(tmp_path / f"{name}.npz", x=X, y=Y)
    loaded = load_dataset(tmp_path / f"{name}.npz")
    assert {loaded.name, loaded.title, loaded.label} == {f"own:{name}"}
    if name != "gaussian" and not DATASETS[name].embedded:
        with pytest.raises(UserError) as error:
            load_named_dataset(name, tmp_path)
        assert f"data set '{name}': {tmp_path / name}.npz holds own:{name}" in one_line(error)


def test_a_file_that_says_what_it_is_needs_the_record_of_its_fetching(tmp_path):
    fetched = digits_file(tmp_path)
    record = tmp_path / "digits.source.json"
    assert load_dataset(fetched).name == "digits"
    arrays = read_npz(fetched)
    arrays["x_train"][0, 0] ^= 1
    write_npz(fetched, arrays)
    with pytest.raises(UserError) as error:
        load_dataset(fetched)
    assert f"{fetched}: is not the file whose origin {record} records" in one_line(error)
    for content in ("", "[]", "{}", "[" * 10**5, '{"sha256": 1}'):
        record.write_text(content)
        with pytest.raises(UserError) as error:
            load_dataset(fetched)
        assert str(record) in one_line(error)
    record.unlink()
    with pytest.raises(UserError) as error:
        load_dataset(fetched)
    assert f"{fetched}: says that it is published data, but there is no {record}" in one_line(error)


def test_a_user_s_file_in_the_place_of_a_fetched_one_is_refused(tmp_path):
    fetched = digits_file(tmp_path)
    np.savez(fetched, x=X, y=Y)
    with pytest.raises(UserError, match="is not the file whose origin"):
        load_dataset(fetched)


def test_a_data_set_names_the_files_it_was_read_from(tmp_path):
    np.savez(tmp_path / "mine.npz", x=X, y=Y)
    assert load_dataset(tmp_path / "mine.npz").files == (tmp_path / "mine.npz",)
    assert load_dataset(digits_file(tmp_path)).files == (tmp_path / "digits.npz",)
    assert load_named_dataset("digits").files == ()


def test_digits_are_1500_training_and_297_test_images_of_all_ten_classes():
    loaded = load_named_dataset("digits")
    assert (loaded.x_train.shape, loaded.x_test.shape) == ((1500, 64), (297, 64))
    assert (loaded.x_train.dtype, int(loaded.x_train.max())) == (np.uint8, 16)
    assert (loaded.title, loaded.variant, loaded.image_shape) == ("handwritten digits (8 x 8)", "embedded", (8, 8))
    for labels, least in [(loaded.y_train, 146), (loaded.y_test, 27)]:
        assert np.bincount(labels, minlength=10).min() == least


def test_digits_other_than_those_of_the_results_are_refused(monkeypatch):
    monkeypatch.setattr(digits, "SHA256", "0" * 64)
    with pytest.raises(UserError, match="carries pixels of SHA-256 8f26b2bd"):
        load_named_dataset("digits")
