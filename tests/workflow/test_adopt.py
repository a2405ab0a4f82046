"""Tables computed elsewhere are adopted if this tree would compute them, and refused with the reason otherwise."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import random
import shlex
import shutil
import sys
import time
from types import SimpleNamespace

import adopt
import numpy as np
import plan
import pytest
from snakemake.iocontainers import InputFiles
from workflow_copies import ROOT, Plan, Workflow, copy_repository, run

from fisher_spectra.checks.regeneration import read_tolerances
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.tables import read_table, write_table
from fisher_spectra.jobs.provenance import sealed

TABLES = ("karakida_corollary2", "karakida_theorem5", "karakida_figC2", "pennington_table1")
COROLLARY = "cells/karakida_corollary2/tanh/networks_0-4"
DIGITS = "results/data/digits.npz"
THEOREM = "cells/karakida_theorem5/tanh/networks_0-20"
TRAINING = "cells/karakida_figC2_data/tanh/M16-32"
DUAL = "src/fisher_spectra/networks/dual_fisher.py"
RULES = read_tolerances(ROOT / "references")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Results of four tables that were computed in another copy of the repository."""
    workflow = Workflow(tmp_path_factory.mktemp("elsewhere") / "repository")
    copy_repository(workflow.folder)
    done = workflow.snakemake(*(f"results/smoke/tables/{name}.csv" for name in TABLES), cores=2)
    assert done.returncode == 0, done.stderr
    yield workflow.folder / "results" / "smoke"
    shutil.rmtree(workflow.folder)


@pytest.fixture
def source(elsewhere, tmp_path):
    return shutil.copytree(elsewhere, tmp_path / "copied")


@pytest.fixture
def here(tmp_path):
    workflow = Workflow(tmp_path / "here")
    copy_repository(workflow.folder)
    yield workflow
    shutil.rmtree(workflow.folder)


@pytest.fixture
def with_data(here):
    """The same, with the data set of one of the tables."""
    made = here.snakemake(DIGITS)
    assert made.returncode == 0, made.stderr
    return here


@pytest.fixture(scope="module")
def tables(tmp_path_factory, elsewhere):
    """The parts of the tables in Snakemake's graph of this tree, for a folder with a data set and no results in it.

    It is the working folder.
    """
    folder = tmp_path_factory.mktemp("no_results")
    (folder / DIGITS).parent.mkdir(parents=True)
    for name in (DIGITS, DIGITS.replace(".npz", ".source.json")):
        shutil.copy(elsewhere.parent.parent / name, folder / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        parts = adopt.parts_of_tables(plan.graph({"scale": "smoke"}, {"all"}), "results/smoke")
        yield {name: parts[name] for name in TABLES}


def adopted(workflow, source, *options):
    command = [sys.executable, "scripts/tools/adopt.py", source, "--scale", "smoke", "--audit", "0", *options]
    return run(command, workflow.folder, PYTHONPATH=str(workflow.folder / "src"))


def reasons(tables, source):
    """Why each table is refused for what is recorded."""
    delivery = adopt.Delivery(source, "results/smoke")
    first = {
        name: next(filter(None, (adopt.refusal(part, delivery) for part in parts)), None)
        for name, parts in tables.items()
    }
    return {name: reason for name, reason in first.items() if reason}


def record_of(source, name):
    return json.loads((source / f"{name}.json").read_text())


def keep_record(source, name, record):
    (source / f"{name}.json").write_text(json.dumps(sealed(record)))


def digest_of(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def forge(source, name, change):
    """Change a table and every record of its hash, with the records' own, as who wants it to be taken would."""
    file = source / f"{name}.csv"
    before = digest_of(file)
    frame = read_table(file)
    change(frame)
    write_table(frame, file)
    for sidecar in source.rglob("*.json"):
        said = sidecar.read_text()
        if before in said:
            sidecar.write_text(json.dumps(sealed(json.loads(said.replace(before, digest_of(file))))))


def scaled(column, factor):
    def change(frame):
        frame[column] = frame[column].astype(float) * factor

    return change


# -- whole runs


def test_adopted_tables_are_snakemakes_own_and_only_figures_are_left_to_draw(with_data, source):
    here = with_data
    answer = adopted(here, source, "--audit", "2")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines()[0] == "audited 2 of 12 parts, 0 made on a GPU"
    assert "adopted 4 tables with 12 parts" in answer.stdout
    assert answer.stderr.count("audit: computing") == 2
    for name in TABLES:
        file = f"tables/{name}.csv"
        assert (here.folder / "results/smoke" / file).read_bytes() == (source / file).read_bytes()
    names = [f"results/smoke/tables/{name}.csv" for name in TABLES]
    # other time stamps of code and results are no other content
    for file in [*(here.folder / "src").rglob("*.py"), here.folder / "envs" / "requirements.txt"]:
        os.utime(file, (time.time() + 60, time.time() + 60))
    for file in (here.folder / "results").rglob("*.csv"):
        os.utime(file, (1e9, 1e9))
    after = here.plan(*TABLES)
    assert isinstance(after, Plan)
    assert after.jobs.keys() - set(TABLES) == {f"{name}_figure" for name in TABLES}
    # another setting, and other code, are other results
    samplers = {"karakida_sample_few_networks", "karakida_sample_fisher_rao", "karakida_train_on_data"}
    assert samplers <= here.plan(*names, config=["root_seed=7"]).first
    with here.edited(DUAL):
        assert "karakida_sample_few_networks" in here.plan(*names).first


def test_only_the_tables_are_refused_that_are_of_other_code_edited_or_forged(with_data, source):
    here = with_data

    def of_tanh(columns):
        def change(frame):
            frame.loc[frame["activation"] == "tanh", columns] *= 1.001

        return change

    # a forged part, and the table that follows from it
    forge(source, THEOREM, of_tanh(["norm_per_output"]))
    forge(source, "tables/karakida_theorem5", of_tanh(["empirical_mean", "empirical_sem"]))
    file = source / f"{TRAINING}.csv"
    file.write_text(file.read_text().replace("tanh", "Tanh"))
    with here.edited(DUAL):  # the others do without the dual matrix
        answer = adopted(here, source, "--audit", "100")
    refused = dict(line.split(": ", 2)[1:] for line in answer.stderr.splitlines() if line.startswith("refused: "))
    assert refused["karakida_corollary2"].startswith(f"{DUAL} is not what made results/")
    assert refused["karakida_theorem5"].startswith(f"results/smoke/{THEOREM}.csv is not what is computed here")
    assert refused["karakida_figC2"] == f"results/smoke/{TRAINING}.csv is not the file that its sidecar records"
    assert "pennington_table1" not in refused
    assert answer.returncode == 1
    assert answer.stdout.startswith("audited 3 of 3 parts, 0 made on a GPU\nadopted 1 tables with 0 parts; refused ")
    files = [file for file in (here.folder / "results" / "smoke").rglob("*") if file.suffix in (".csv", ".json")]
    assert {file.stem for file in files} == {"pennington_table1"}


def test_files_that_snakemake_does_not_take_are_removed_again_with_its_reason(here, source):
    profile = here.folder / "profiles" / "default" / "profile.yaml"
    profile.write_text(profile.read_text() + "no-such-option: true\n")
    answer = adopted(here, source)
    assert answer.returncode == 1
    last = answer.stderr.splitlines()[-1]
    assert last.startswith("error: Snakemake did not take the files, which are removed again: ")
    assert "no-such-option" in last
    assert not list((here.folder / "results").rglob("*.csv"))


def test_tables_of_the_exact_mode_are_adopted_among_results_of_it_and_compared_by_their_bytes(
    tmp_path_factory, here, tmp_path
):
    there = Workflow(tmp_path_factory.mktemp("exact") / "repository")
    copy_repository(there.folder)
    tables = [f"results/smoke-exact/tables/{name}.csv" for name in ("karakida_corollary2", "pennington_table1")]
    done = there.snakemake(*tables, cores=2, config=["exact=true"])
    assert done.returncode == 0, done.stderr
    source = shutil.copytree(there.folder / "results" / "smoke-exact", tmp_path / "delivered")
    # within every tolerance, and yet not what an exact run gives
    forge(source, "tables/pennington_table1", scaled("z3", 1 + 1e-9))
    answer = adopted(here, source, "--exact", "--audit", "1")
    assert "audited 1 of 3 parts" in answer.stdout
    assert "adopted 1 tables with 3 parts" in answer.stdout
    assert answer.returncode == 1
    refused = "refused: pennington_table1: results/smoke-exact/tables/pennington_table1.csv is not what its parts give"
    assert refused in answer.stderr
    assert (here.folder / tables[0]).read_bytes() == (there.folder / tables[0]).read_bytes()
    after = here.plan("karakida_corollary2", config=["exact=true"])
    assert after.jobs.keys() - {"karakida_corollary2"} == {"karakida_corollary2_figure"}
    shutil.rmtree(there.folder)


# -- refused before anything is looked at


def the_error(answer):
    assert answer.returncode == 1
    assert answer.stdout == ""
    return answer.stderr


def test_a_folder_without_tables_is_refused_in_one_line(here, tmp_path):
    answer = adopted(here, tmp_path)
    expected = f"error: FROM = '{tmp_path}': must be a folder with `tables` in it, like results/smoke\n"
    assert the_error(answer) == expected


def test_nothing_is_adopted_while_a_run_is_at_work(here, source):
    (here.folder / ".snakemake").mkdir(exist_ok=True)
    with (here.folder / ".snakemake" / "run.lock").open("w") as lock:
        lock.write("123 local\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = adopted(here, source)
    assert the_error(answer) == (
        f"error: another run is at work in {here.folder} (process 123); wait for it or stop it\n"
    )


def test_a_negative_number_of_parts_is_refused_in_one_line(here, source):
    assert the_error(adopted(here, source, "--audit", "-1")) == "error: AUDIT = -1: must be 0 or more\n"


# -- what is recorded


def test_tables_of_the_same_tree_are_not_refused(tables, source):
    assert reasons(tables, source) == {}


def test_a_table_that_was_edited_is_refused(tables, source):
    file = source / f"{COROLLARY}.csv"
    file.write_text(file.read_text().replace("tanh", "Tanh"))
    expected = f"results/smoke/{COROLLARY}.csv is not the file that its sidecar records"
    assert reasons(tables, source) == {TABLES[0]: expected}


def test_a_part_that_is_missing_is_named(tables, source):
    (source / f"{COROLLARY}.csv").unlink()
    assert reasons(tables, source) == {TABLES[0]: f"results/smoke/{COROLLARY}.csv is not in {source}"}


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '"text"', '{"code": {}}', b"\xff"])
def test_a_sidecar_that_is_none_is_refused(tables, source, content):
    (source / f"{COROLLARY}.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert reasons(tables, source) == {TABLES[0]: f"results/smoke/{COROLLARY}.json is no sidecar of a job"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("settings", [1]),
        ("code", 1),
        ("machine", {}),
        ("machine", {"device": 3}),
        ("versions", {"torch": 2}),
        ("inputs", None),
    ],
)
def test_a_sidecar_with_a_field_of_another_kind_is_refused(tables, source, field, value):
    keep_record(source, COROLLARY, record_of(source, COROLLARY) | {field: value})
    assert reasons(tables, source) == {TABLES[0]: f"results/smoke/{COROLLARY}.json is no sidecar of a job"}


@pytest.mark.parametrize(("field", "value"), [("git_commit", "0" * 40), ("seconds", 1.0), ("record_sha256", None)])
def test_a_sidecar_that_was_edited_is_refused(tables, source, field, value):
    record = record_of(source, COROLLARY) | {field: value}
    (source / f"{COROLLARY}.json").write_text(json.dumps(record))
    assert reasons(tables, source) == {TABLES[0]: f"results/smoke/{COROLLARY}.json was edited"}


MADE = f"results/smoke/{COROLLARY}.csv"


def with_job(**changes):
    return lambda old: old | {"job": old["job"] | changes}


def with_section(place, **changes):
    return lambda old: old | {"sections": old["sections"] | {place: old["sections"].get(place, {}) | changes}}


@pytest.mark.parametrize(
    ("field", "changed", "reason"),
    [
        ("requirements_sha256", lambda old: "0" * 64, f"{MADE} was made in another environment than envs/requirements"),
        ("versions", lambda old: old | {"scipy": "1.2.3"}, f"{MADE} was made with other packages than envs/"),
        ("versions", lambda old: old | {"numpy": ""}, f"{MADE} was made with other packages than envs/"),
        ("code", lambda old: old | {DUAL: "0" * 64}, f"{DUAL} is not what made {MADE}"),
        ("code", lambda old: old | {"src/fisher_spectra/gone.py": "0" * 64}, "src/fisher_spectra/gone.py is not what"),
        ("code", lambda old: {name: old[name] for name in old if name != DUAL}, f"results/smoke/{COROLLARY}.json does"),
        ("code", lambda old: {}, f"results/smoke/{COROLLARY}.json does not record scripts/karakida/sample_networks.py"),
        ("settings", lambda old: old | {"root_seed": 7}, f"{MADE} was made with other settings"),
        ("settings", with_job(stop=3), f"{MADE} was made with other settings"),
        ("settings", with_section("karakida.corollary2", thresholds=[9.0]), f"{MADE} was made with other settings"),
        ("settings", with_section("karakida.figC1", networks=9), f"{MADE} was made with other settings"),
        ("settings", lambda old: {}, f"{MADE} was made with other settings"),
        ("inputs", lambda old: {"data.npz": "0" * 64}, f"results/smoke/{COROLLARY}.json does not record the inputs"),
    ],
)
def test_a_table_of_other_code_environment_settings_or_inputs_is_refused(tables, source, field, changed, reason):
    record = record_of(source, COROLLARY)
    keep_record(source, COROLLARY, record | {field: changed(record[field])})
    (found,) = reasons(tables, source).items()
    assert found[0] == TABLES[0]
    assert found[1].startswith(reason)


def test_where_files_lie_and_how_much_memory_there_is_are_no_settings(tables, source):
    record = record_of(source, TRAINING)
    words = record["command"]
    for option, value in (("--output", "elsewhere.csv"), ("--log", "other.log"), ("--memory-mb", "77")):
        words[words.index(option) + 1] = value
    keep_record(source, TRAINING, record)
    assert reasons(tables, source) == {}


def test_a_table_of_other_parts_is_refused(tables, source):
    record = record_of(source, "tables/karakida_corollary2")
    record["inputs"][f"results/smoke/{COROLLARY}.csv"] = "0" * 64
    keep_record(source, "tables/karakida_corollary2", record)
    assert reasons(tables, source) == {
        TABLES[0]: f"{MADE} is not that from which results/smoke/tables/{TABLES[0]}.csv was made"
    }
    del record["inputs"][f"results/smoke/{COROLLARY}.csv"]
    keep_record(source, "tables/karakida_corollary2", record)
    assert "does not record the inputs" in reasons(tables, source)[TABLES[0]]


def test_results_of_another_file_of_the_same_name_are_refused(tables, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.savez("mine.npz", x=rng.normal(size=(40, 6)), y=np.arange(40) % 3)
    settings = {"experiment": "test", "activation": "tanh", "function": "tanh", "dataset": "mine.npz", "depth": 3}
    settings |= {"outputs": 2}
    settings |= {"sigma_w2": 3, "sigma_b2": 0.6, "widths": [8], "samples": 20, "kernel_samples": 10, "momentum": 0.9}
    text = json.dumps({"scale": "smoke", "root_seed": 1, "sections": {}, "job": settings})
    script = ROOT / "scripts/karakida/predict_learning_rates.py"
    words = ["--output", "results/smoke/cells/part.csv", "--provenance", "results/smoke/cells/part.json"]
    words += ["--settings", text]
    made = run([sys.executable, script, *words], tmp_path, PYTHONPATH=str(ROOT / "src"))
    assert made.returncode == 0, made.stderr
    inputs = InputFiles(fromdict={"code": "results/code/script.json", "data": "mine.npz"})
    job = SimpleNamespace(
        shellcmd=shlex.join(["python", str(script), *words]), input=inputs, params=SimpleNamespace(settings=text)
    )
    part = adopt.Part(job, "results/smoke/cells/part.csv")
    delivery = adopt.Delivery(shutil.copytree(tmp_path / "results/smoke", tmp_path / "copied"), "results/smoke")
    assert record_of(delivery.source, "cells/part")["inputs"] == {"mine.npz": digest_of(tmp_path / "mine.npz")}
    assert adopt.refusal(part, delivery) is None
    np.savez("mine.npz", x=rng.normal(size=(40, 6)), y=np.arange(40) % 3)
    assert adopt.refusal(part, delivery) == f"mine.npz is not that from which {part.table} was made"
    (tmp_path / "mine.npz").unlink()
    assert adopt.refusal(part, delivery).startswith(f"mine.npz, from which {part.table} was made, is not here to comp")
    keep_record(delivery.source, "cells/part", record_of(delivery.source, "cells/part") | {"inputs": {}})
    assert adopt.refusal(part, delivery) == f"results/smoke/cells/part.json does not record the inputs of {part.table}"


# -- what is computed anew


@pytest.fixture(scope="module")
def anew(tmp_path_factory):
    """Where parts are computed, and those that were, by their names: they depend on nothing that came."""
    return tmp_path_factory.mktemp("anew"), {}


@pytest.fixture
def audited(tables, anew, monkeypatch):
    """What the audit finds wrong with a part by its name."""
    (folder, known), compute = anew, adopt.compute

    def once(part, *arguments):
        if "/cells/" not in part.table:
            return compute(part, *arguments)
        if part.table not in known:
            known[part.table] = compute(part, *arguments)
        return known[part.table]

    def audit(source, name):
        table, parts = next(entry for entry in tables.items() if any(name in part.table for part in entry[1]))
        part = next(part for part in parts if name in part.table)
        return adopt.wrong_part(part, parts[-1], adopt.Delivery(source, "results/smoke"), folder, RULES[table])

    monkeypatch.setattr(adopt, "compute", once)
    return audit


def test_a_part_may_differ_by_the_tolerances_of_the_tables_quantities(audited, source):
    forge(source, THEOREM, scaled("norm_per_output", 1 + 1e-9))  # means may move by 1e-8
    assert audited(source, THEOREM) is None
    forge(source, TRAINING, scaled("loss", 1.004))  # losses of training by a hundredth
    assert audited(source, TRAINING) is None


def test_a_part_that_differs_by_more_is_found(audited, source):
    forge(source, THEOREM, scaled("norm_per_output", 1 + 1e-7))
    found = audited(source, THEOREM)
    assert found.startswith(
        f"results/smoke/{THEOREM}.csv is not what is computed here: karakida_theorem5.empirical_mea"
    )
    forge(source, TRAINING, scaled("loss", 1.03))
    assert "is not what is computed here: karakida_figC2.loss of " in audited(source, TRAINING)


def test_an_audit_is_on_the_processor_whatever_the_configuration_says(tables, source, tmp_path, monkeypatch):
    part = next(part for part in tables["karakida_figC2"] if TRAINING in part.table)
    assert json.loads(part.job.params.settings)["sections"][""] == {"device": "auto"}
    commands = []

    def note(command, **options):
        commands.append(command)
        return SimpleNamespace(returncode=1, stderr="")

    monkeypatch.setattr(adopt.subprocess, "run", note)
    with pytest.raises(UserError, match=rf"making results/smoke/{TRAINING}\.csv anew failed: no message"):
        adopt.compute(part, adopt.Delivery(source, "results/smoke"), tmp_path)
    (command,) = commands
    settings = json.loads(command[command.index("--settings") + 1])
    assert settings["sections"].pop("") == {"device": "cpu"}
    given = json.loads(part.job.params.settings)
    del given["sections"][""]
    assert settings == given


def test_a_table_is_compared_with_what_its_parts_give_or_its_job_if_it_has_none(tables, source):
    forge(source, "tables/pennington_table1", scaled("eta", 1.001))
    forge(source, "tables/karakida_theorem5", scaled("empirical_sem", 1.001))
    some = {name: tables[name] for name in ("pennington_table1", "karakida_theorem5")}
    wrong, _ = adopt.check(some, adopt.Delivery(source, "results/smoke"), 0, random.Random(0))
    assert wrong.keys() == some.keys()
    for name, column in (("pennington_table1", "eta"), ("karakida_theorem5", "empirical_sem")):
        assert wrong[name].startswith(
            f"results/smoke/tables/{name}.csv is not what its parts give: {name}.{column} of "
        )


def test_parts_made_on_a_gpu_are_counted_but_not_audited(tables, source, capsys):
    training = {"karakida_figC2": tables["karakida_figC2"]}
    for file in source.glob("cells/karakida_figC2_data/*/M*.json"):
        name = str(file.relative_to(source).with_suffix(""))
        record = record_of(source, name)
        record["machine"]["device"] = "NVIDIA H100"
        keep_record(source, name, record)
    wrong, said = adopt.check(training, adopt.Delivery(source, "results/smoke"), 0, random.Random(0))
    assert (wrong, said) == ({}, "audited 0 of 6 parts, 3 made on a GPU")


COLUMNS = ROOT / "references" / "laptop" / "karakida_fig2.csv"


@pytest.mark.parametrize("others", [True, False])
def test_strays_within_a_tables_share_do_not_excuse_a_part_that_is_all_wrong(others):
    here = read_table(COLUMNS)
    name, rules = "karakida_fig2", RULES["karakida_fig2"]
    first = here.iloc[0]
    part = (
        (here["dataset"] == first["dataset"]) & (here["activation"] == first["activation"]) & (here["M"] == first["M"])
    )
    rest = here[~part] if others else None
    if not others:
        here = here[part]
        part = part[part]

    def there(number, factor):
        frame = here.copy()
        rows = frame.index[part][:number]
        frame.loc[rows, "loss"] = 1.0
        frame.loc[rows, "loss"] *= factor
        return frame

    same = there(part.sum(), 1.0)
    if others:
        assert adopt.difference(name, there(part.sum(), 2.0), same, rules) is None  # the share alone does not find it
    assert "loss of" in adopt.difference_by_part(name, there(part.sum(), 2.0), same, rest, rules)
    if others:
        moved = there(2, 2.0)
        moved.loc[part, "border"] *= 1.3  # it follows from the trials that went another way
        assert adopt.difference_by_part(name, moved, there(2, 1.0), rest, rules) is None
