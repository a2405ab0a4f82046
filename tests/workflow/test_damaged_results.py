"""Results that were damaged after they were made: each is named, set aside and made again by one plain run.

Ten kinds of damage in three places, a part, a table and a figure. The look at the results is tried with each of the
thirty, which takes no time; the run that mends with three at once. `make test-faults` sets FAULT_MOMENTS and has ten
such runs, with all thirty.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from base64 import urlsafe_b64encode
from collections import Counter
from pathlib import Path

import pytest
from workflow_copies import Workflow, copy_repository, run

from fisher_spectra.jobs.provenance import sealed, write_sidecar
from fisher_spectra.workflow import verification
from fisher_spectra.workflow.verification import faults, mend

pytestmark = pytest.mark.xdist_group("damaged")

SMOKE = Path("results", "smoke")
ENTRY = [sys.executable, "scripts/tools/run_workflow.py", "--scale", "smoke", "--cores", "2"]
TARGETS = ["karakida_corollary2"]
PART, OTHER_PART = (SMOKE / "cells" / "karakida_corollary2" / name / "networks_0-4.csv" for name in ("relu", "tanh"))
TABLE = SMOKE / "tables" / "karakida_corollary2.csv"
FIGURE = SMOKE / "figures" / "karakida_corollary2.png"
OTHERS = {PART: OTHER_PART, TABLE: PART, FIGURE: TABLE}  # whose sidecar is put beside the first


def one_count_changed(file):
    content = bytearray(file.read_bytes())
    place = next(at for at in range(len(content) * 2 // 3, len(content)) if content[at : at + 1].isdigit())
    content[place] = ord("1") if content[place] != ord("1") else ord("2")
    file.write_bytes(content)


def last_row_dropped(file):
    file.write_bytes(file.read_bytes()[:-1].rpartition(b"\n")[0] + b"\n")


def cut_in_the_middle_of_a_line(file):
    file.write_bytes(file.read_bytes()[:-7])


def header_only(file):
    file.write_bytes(file.read_bytes().partition(b"\n")[0] + b"\n")


def emptied(file):
    file.write_bytes(b"")


def zeroed(file):
    file.write_bytes(bytes(file.stat().st_size))


def sidecar_removed(file):
    file.with_suffix(".json").unlink()


def sidecar_of_another_result(file):
    shutil.copy(OTHERS[file].with_suffix(".json"), file.with_suffix(".json"))


def dated_in_the_future(file):
    os.utime(file, (time.time() + 1e7,) * 2)


DAMAGES = (one_count_changed, last_row_dropped, cut_in_the_middle_of_a_line, header_only, emptied, zeroed)
DAMAGES += (Path.unlink, sidecar_removed, sidecar_of_another_result, dated_in_the_future)
PLACES = (PART, TABLE, FIGURE)
# what is said of a damage; of those that change bytes, the same
SAID = {
    Path.unlink: "is not there; is made again",
    sidecar_removed: "its record {sidecar} is not there; set aside as ",
    sidecar_of_another_result: "its record {sidecar} is that of another result; set aside as ",
    dated_in_the_future: "was dated in the future; dated now",
}
DIFFERS = "not what its record says; set aside as "


def lines_about(file, said):
    """Lines of a run that begin with the name of a file."""
    return [line for line in said.splitlines() if line.startswith(f"{file}: ")]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A finished run of one figure."""
    workflow = Workflow(tmp_path_factory.mktemp("damaged") / "repository")
    copy_repository(workflow.folder)
    answer = plain_run(workflow)
    assert answer.returncode == 0, answer.stderr
    assert ": " not in "".join(lines_about(PART, answer.stderr))
    yield workflow
    shutil.rmtree(workflow.folder)


@pytest.fixture(scope="module")
def expected(made):
    return bytes_of(made)


@pytest.fixture
def copy(made, tmp_path, monkeypatch):
    """A copy of the results alone, in the working folder."""
    shutil.copytree(made.folder / SMOKE, tmp_path / SMOKE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plain_run(workflow, *options):
    return run([*ENTRY, *options, *TARGETS], workflow.folder, PYTHONPATH=str(workflow.folder / "src"))


def bytes_of(workflow):
    """Bytes of tables, parts and figures; times stand in the sidecars."""
    folder = workflow.folder / SMOKE
    places = ("cells/**/*.csv", "tables/*.csv", "figures/*.png", "figures/*.pdf")
    files = sorted(file for place in places for file in folder.glob(place))
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def test_a_finished_run_has_no_fault(copy):
    assert faults(SMOKE) == []
    assert list(mend(SMOKE)) == []
    assert not (SMOKE / verification.SET_ASIDE).exists()


@pytest.mark.parametrize("place", PLACES, ids=("part", "table", "figure"))
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_each_damage_is_named_in_one_line_and_what_differs_is_set_aside(copy, damage, place):
    damage(place)
    left = place.read_bytes() if place.exists() else None
    said = list(mend(SMOKE))
    expected = SAID.get(damage, DIFFERS).format(sidecar=place.with_suffix(".json").name)
    assert [line.startswith(f"{place}: {expected}") for line in said if line.startswith(f"{place}: ")] == [True]
    others = {line.partition(": ")[0] for line in said} - {str(place)}
    # the sidecar of a figure vouches for both of its files
    both = place == FIGURE and damage in (sidecar_removed, sidecar_of_another_result)
    assert others == ({str(FIGURE.with_suffix(".pdf"))} if both else set())
    if damage is dated_in_the_future:
        assert place.stat().st_mtime <= time.time()
        assert place.read_bytes() == left
    elif left is not None:
        assert (SMOKE / verification.SET_ASIDE / place.relative_to(SMOKE)).read_bytes() == left
        assert not place.exists()


def test_what_was_set_aside_before_is_kept_when_the_same_result_is_damaged_again(copy):
    whole = TABLE.read_bytes(), TABLE.with_suffix(".json").read_bytes()
    for content in (b"first", b"second", b"third"):
        TABLE.write_bytes(content)
        TABLE.with_suffix(".json").write_bytes(whole[1])
        list(mend(SMOKE))
    kept = sorted((SMOKE / verification.SET_ASIDE / "tables").glob("*.csv"))
    assert [file.read_bytes() for file in kept] == [b"second", b"third", b"first"]
    assert [file.name.removeprefix(TABLE.stem) for file in kept] == ["-2.csv", "-3.csv", ".csv"]


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"\x00" * 9, b"[" * 10**5, b'{"outputs": {"a": 1}, "inputs": {}}', b'{"outputs": 3}']
)
def test_what_is_no_sidecar_vouches_for_nothing(copy, content):
    PART.with_suffix(".json").write_bytes(content)
    assert [str(fault) for fault in faults(SMOKE)] == [f"{PART}: its record networks_0-4.json is no sidecar of a job"]


@pytest.mark.parametrize("field", ["seconds", "machine", "code", "outputs", "record_sha256"])
def test_a_sidecar_that_lacks_what_every_job_records_vouches_for_nothing(copy, field):
    sidecar = PART.with_suffix(".json")
    sidecar.write_text(
        json.dumps({key: value for key, value in json.loads(sidecar.read_text()).items() if key != field})
    )
    assert [str(fault) for fault in faults(SMOKE)] == [f"{PART}: its record networks_0-4.json is no sidecar of a job"]


@pytest.mark.parametrize(
    ("field", "edit"),
    [
        ("settings", lambda settings: settings | {"root_seed": 3019}),
        ("code", lambda code: dict.fromkeys(code, "0" * 64)),
        ("versions", lambda versions: versions | {"numpy": "1.0.0"}),
        ("git_commit", lambda _: "0" * 40),
        ("seconds", lambda seconds: seconds + 0.001),
        ("record_sha256", lambda _: "0" * 64),
    ],
)
def test_a_sidecar_that_was_edited_vouches_for_nothing(copy, field, edit):
    sidecar = PART.with_suffix(".json")
    record = json.loads(sidecar.read_text())
    sidecar.write_text(json.dumps(record | {field: edit(record[field])}))
    (fault,) = faults(SMOKE)
    assert str(fault).startswith(f"{PART}: its record networks_0-4.json was edited: ")


def test_the_layout_of_a_sidecar_does_not_matter(copy):
    sidecar = PART.with_suffix(".json")
    sidecar.write_text(json.dumps(dict(reversed(json.loads(sidecar.read_text()).items()))))
    assert faults(SMOKE) == []


def test_parts_that_are_gone_are_named_even_if_their_table_is_damaged_too(copy):
    shutil.rmtree(SMOKE / "cells" / "karakida_corollary2")
    emptied(TABLE)
    said = [str(fault) for fault in faults(SMOKE)]
    assert [line for line in said if line.startswith(f"{PART}: ")] == [f"{PART}: is not there"]
    assert len(said) == 4  # three parts and the table


def test_a_table_made_from_another_part_than_is_there_is_dated_before_it_so_that_snakemake_sees_it(copy):
    PART.write_bytes(OTHER_PART.read_bytes())
    record = json.loads(PART.with_suffix(".json").read_text())
    fields = {name: record[name] for name in ("settings", "code")} | {"device": "cpu", "seconds": 1.0}
    write_sidecar(PART.with_suffix(".json"), outputs=[PART], inputs={}, **fields)
    os.utime(PART, (1e9, 1e9))  # put back with an old date
    (line,) = mend(SMOKE)
    assert line.startswith("results/smoke/tables/karakida_corollary2.")
    assert line.endswith(f": was made from another {PART}; is made again")
    assert min(TABLE.with_suffix(suffix).stat().st_mtime for suffix in (".csv", ".json")) < 1e9
    assert list(mend(SMOKE)) == []  # Snakemake sees the rest


def test_what_a_killed_run_was_about_to_write_is_left_to_snakemake(copy):
    PART.with_suffix(".json").unlink()
    notes = Path(".snakemake", "incomplete")
    notes.mkdir(parents=True)
    (notes / urlsafe_b64encode(str(PART).encode()).decode()).touch()
    assert faults(SMOKE) == []


def test_a_data_set_that_differs_from_its_record_is_set_aside_and_a_file_of_ones_own_beside_it_is_not(copy):
    data = Path("results", "data")
    data.mkdir()
    (data / "digits.npz").write_bytes(b"damaged")
    (data / "digits.source.json").write_text(json.dumps({"sha256": "0" * 64}))
    (data / "mine.npz").write_bytes(b"mine")
    (line,) = mend(SMOKE)
    aside = SMOKE / verification.SET_ASIDE / "data" / "digits.npz"
    differs = "not what its record says"
    assert line == f"results/data/digits.npz: {differs}; set aside as {aside}, is fetched again when a job needs it"
    assert [file.name for file in data.iterdir()] == ["mine.npz"]


def test_a_look_at_a_thousand_results_reads_each_of_them_once(copy, monkeypatch):
    # how long that takes: benchmarks/verification.py
    record = json.loads(PART.with_suffix(".json").read_text())
    for number in range(1000):
        file = SMOKE / "cells" / "many" / f"{number}.csv"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(PART.read_bytes())
        digest = record["outputs"][str(PART)]
        file.with_suffix(".json").write_text(json.dumps(sealed(record | {"outputs": {str(file): digest}})))
    read = Counter()
    open_path = Path.open

    def counting(path, *arguments, **options):
        read[path] += "many" in path.parts
        return open_path(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", counting)
    assert faults(SMOKE) == []
    results = {file: number for file, number in read.items() if file.suffix == ".csv" and number}
    assert len(results) == 1000
    assert set(results.values()) == {1}
    assert max(read.values()) == 1  # a sidecar, too: for its result, for its inputs and for what was made from it


def damages_of_one_run(number):
    """A damage for each place, so that ten runs have each of the thirty."""
    return [(DAMAGES[(number + 3 * at) % len(DAMAGES)], place) for at, place in enumerate(PLACES)]


RUNS = range(len(DAMAGES)) if "FAULT_MOMENTS" in os.environ else (0,)


@pytest.mark.parametrize("number", RUNS)
def test_one_plain_run_mends_damages_in_all_three_places_with_identical_bytes(made, expected, number, monkeypatch):
    damages = damages_of_one_run(number)
    monkeypatch.chdir(made.folder)
    for damage, place in damages:
        damage(place)
    dry = plain_run(made, "--dry-run")
    answer = plain_run(made)
    assert answer.returncode == 0, answer.stderr
    for damage, place in damages:
        assert len(lines_about(place, answer.stderr)) == 1, (damage, place, answer.stderr)
        assert len(lines_about(place, dry.stderr)) == (damage is not dated_in_the_future)
    assert bytes_of(made) == expected
    again = plain_run(made)
    assert "Nothing to be done" in again.stdout + again.stderr
    assert [line for place in PLACES for line in lines_about(place, again.stderr)] == []


def test_parts_that_were_removed_are_made_again_with_identical_bytes(made, expected):
    shutil.rmtree(made.folder / SMOKE / "cells" / "karakida_corollary2")
    answer = made.snakemake(*TARGETS)  # by hand, too
    assert answer.returncode == 0, answer.stderr
    assert bytes_of(made) == expected


def test_snakemake_by_hand_does_not_use_a_damaged_part_or_table(made, expected):
    for place in (TABLE, PART):
        one_count_changed(made.folder / place)
        answer = made.snakemake(*TARGETS)
        assert answer.returncode == 1
        line = f"error: {place}: not what its record says; `make figures` sets it aside and makes it again"
        assert line in answer.stderr
    assert plain_run(made).returncode == 0
    assert bytes_of(made) == expected
