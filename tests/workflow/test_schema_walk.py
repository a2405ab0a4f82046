"""Every key at its smallest and its largest value, every list with an entry twice: refused in one line, or it runs.

All of them go through the checks of the configuration. What is allowed runs: the smallest allowed value of every key at
once, and (with FAULT_MOMENTS, as `make test-faults` sets it) each of the largest that is not dear by itself.
"""

from __future__ import annotations

import copy
import json
import math
import os
import random
import re
import sys
from pathlib import Path

import pytest
from workflow_copies import copy_repository, run

from fisher_spectra.common.checked_yaml import closed
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.strict_yaml import read_yaml
from fisher_spectra.workflow.configuration import check_configuration, load_configuration
from fisher_spectra.workflow.overrides import as_entries

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = closed(read_yaml(ROOT / "config" / "config.schema.yaml"))
# One own network stands for all: the section is empty by default.
OWN = {
    "mine": {
        "widths": [64, 6, 5, 10],
        "activation": ["tanh", "relu"],
        "sigma_w2": [2.0, 1.5, 1.0],
        "sigma_b2": [0.1] * 3,
    }
}
OWN["mine"] |= {"dataset": "digits", "samples": 12, "networks": 2, "trials": 1, "steps": 4, "width_factors": [1, 2]}
SMOKE = load_configuration(ROOT, {"scale": "smoke", "own": OWN})
LONG = "FAULT_MOMENTS" in os.environ
MUTANTS = 500


@pytest.fixture(scope="module", autouse=True)
def folder_without_a_run(tmp_path_factory):
    """Where no answers of earlier checks are kept: to look each of them up takes as long as to give it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("nothing"))
        yield


def resolved(schema):
    return SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")] if "$ref" in schema else schema


def places(value, schema, path=()):
    """Every key and every entry of a list of a configuration, with its schema."""
    schema = resolved(schema)
    yield path, value, schema
    if isinstance(value, dict):
        for key, entry in value.items():
            inner = schema["properties"].get(key) if "properties" in schema else None
            yield from places(entry, inner or schema["additionalProperties"], (*path, key))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from places(entry, schema["items"], (*path, index))


PLACES = [(path, value, schema) for path, value, schema in places(SMOKE, SCHEMA) if path]


def put(configuration, path, value):
    """Copy of a configuration with another value at a place."""
    changed = copy.deepcopy(configuration)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


def smallest(schema):
    """The smallest allowed number, or a choice."""
    if "enum" in schema:
        return schema["enum"][0]
    if "minimum" in schema:
        return schema["minimum"]
    return math.nextafter(schema["exclusiveMinimum"], math.inf)


def largest(schema):
    if "enum" in schema:
        return schema["enum"][-1]
    if "maximum" in schema:
        return schema["maximum"]
    return math.nextafter(schema["exclusiveMaximum"], -math.inf)


EXTREMES = [
    (path, extreme(schema))
    for path, _, schema in PLACES
    if ("enum" in schema or {"minimum", "exclusiveMinimum"} & schema.keys())
    and not any(isinstance(key, int) and key > 0 for key in path)  # one entry of a list stands for all
    for extreme in (smallest, largest)
]
LISTS = [(path, value, schema) for path, value, schema in PLACES if isinstance(value, list)]
ENTRIES = [(path, value, resolved(schema["items"])) for path, value, schema in LISTS]
NUMBERS = [(path, value, entry) for path, value, entry in ENTRIES if entry.get("type") in ("integer", "number")]
ONE_ENTRY = [(path, [extreme(entry)]) for path, _, entry in NUMBERS for extreme in (smallest, largest)]
CASES = [*EXTREMES, *ONE_ENTRY]


def name_of(path):
    return ".".join(map(str, path))


def refusal(configuration):
    """The one line that refuses a configuration, if it is refused."""
    try:
        check_configuration(configuration, SCHEMA)
    except UserError as error:
        message = str(error)
        assert message.startswith("configuration: ")
        assert message.isprintable()
        assert len(message) < 1500
        return message
    return None


def test_the_walk_reaches_every_key_of_the_schema():
    reached = {id(schema) for _, _, schema in places(SMOKE, SCHEMA)}

    def every(schema):
        yield resolved(schema)
        for inner in resolved(schema).get("properties", {}).values():
            yield from every(inner)
        for key in ("items", "additionalProperties"):
            if isinstance(resolved(schema).get(key), dict):
                yield from every(resolved(schema)[key])

    assert {id(schema) for schema in every(SCHEMA)} <= reached


@pytest.mark.parametrize(("path", "value"), CASES, ids=[f"{name_of(path)}={value}" for path, value in CASES])
def test_an_extreme_value_is_allowed_or_refused_by_a_line_that_names_its_key(path, value):
    message = refusal(put(SMOKE, path, value))
    if message is not None:
        keys = [key for key in path if isinstance(key, str)]
        assert any(key.removesuffix("s") in message for key in keys[1:] or keys)


# one entry for each layer, which may be alike
OF_LAYERS = {("own", "mine", key) for key in ("widths", "activation", "sigma_w2", "sigma_b2")}
OF_LAYERS |= {("karakida", "finite_size", "hidden")}
CASES = ("karakida", "layers", "cases")
DISTINCT = [(path, value) for path, value, _ in LISTS if path not in OF_LAYERS and path[:3] != CASES]


@pytest.mark.parametrize(("path", "value"), DISTINCT, ids=[name_of(path) for path, _ in DISTINCT])
def test_a_repeated_entry_of_a_list_is_refused_by_its_key(path, value):
    changed = [*value[:-1], value[0]] if path[-1] == "ranks" else [*value, copy.deepcopy(value[0])]
    message = refusal(put(SMOKE, path, changed))
    if path[-1] == "ranks":  # two projections may have one rank
        assert message is None
    else:
        assert name_of(path) in message


def mutants(number):
    """Configurations with one to three values or keys that somebody might write, by chance or by mistake."""
    rng = random.Random(20190416)
    texts = [
        "",
        "auto",
        "tanh",
        "1",
        "nan",
        "a\nb",
        "\x1b[2J",
        "x" * 3000,
        "{}",
        "../..",
        "leaky_relu(slope=",
        "é\ud800",
    ]
    numbers = [0, -1, 1, 2, 3, 10**30, -(10**30), 0.5, -0.5, 1e-300, 1e300, math.inf, -math.inf, math.nan, 1.0000000001]
    others = [
        None,
        True,
        False,
        [],
        {},
        [[]],
        [1, 1],
        [1, "a"],
        {"a": 1},
        {1: 2},
        {"": {}},
        [{"width": 16, "networks": 2}],
    ]
    for _ in range(number):
        configuration = copy.deepcopy(SMOKE)
        for _ in range(rng.randint(1, 3)):
            path, value, schema = rng.choice(PLACES)
            inner = configuration
            try:
                for key in path[:-1]:
                    inner = inner[key]
                kind = rng.randrange(6)
                if kind == 0:
                    inner[path[-1]] = rng.choice([*texts, *numbers, *others])
                elif kind == 1 and isinstance(inner, dict):
                    del inner[path[-1]]
                elif kind == 2 and isinstance(inner, dict):
                    inner[rng.choice([*texts, f"{path[-1]}s"])] = value
                elif kind == 3 and isinstance(value, int | float):
                    inner[path[-1]] = value * rng.choice([-1, 0.5, 2, 10, 1e3, 1e-3, 1e9])
                elif kind == 4 and ("minimum" in schema or "exclusiveMinimum" in schema):
                    inner[path[-1]] = rng.choice([smallest, largest])(schema)
                else:
                    inner[path[-1]] = copy.deepcopy(rng.choice(PLACES)[1])
            except (KeyError, IndexError, TypeError):  # an earlier change has taken the place away
                continue
        yield configuration


def test_five_hundred_mutants_are_refused_in_one_line_or_allowed():
    refused = [message for message in map(refusal, mutants(MUTANTS)) if message is not None]
    assert MUTANTS / 2 < len(refused) < MUTANTS
    assert len(set(refused)) > MUTANTS / 4


# Keys whose smallest value is the dear one, or leaves a table without the rows that it is about.
DEAR_WHEN_SMALL = {"bin_width", "fine_bin_width", "job_minutes", "memory_mb"}


def together(configuration, changes):
    """The configuration with as many of the changes as go together: halves of what is refused are tried apart."""
    candidate = configuration
    for path, value in changes:
        candidate = put(candidate, path, value)
    if refusal(candidate) is None:
        return candidate
    if len(changes) == 1:
        return configuration
    middle = len(changes) // 2
    return together(together(configuration, changes[:middle]), changes[middle:])


def smallest_of_everything():
    """The smoke scale with every number and list at its smallest, as far as they go together."""
    changes = []
    for path, value, schema in PLACES:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and path[-1] not in DEAR_WHEN_SMALL and all(isinstance(key, str) for key in path):
            changes.append((path, smallest(schema)))
    for path, value, entry in NUMBERS:
        entries = [smallest(entry), *[one for one in value if one != smallest(entry)]]
        changes.append((path, entries[: max(1, len(value) // 2)]))
    return together(SMOKE, changes)


# Runs scripts as jobs do, one after the other in one process: starting Python takes longer than most of them.
RUN_SCRIPTS = """
import json, runpy, shlex, sys
from pathlib import Path

for command in json.loads(Path("commands.json").read_text()):
    arguments = shlex.split(command)
    first = next(place for place, word in enumerate(arguments) if word.endswith(".py"))
    arguments = arguments[first:]
    for name in ("--output", "--provenance", "--log"):
        if name in arguments:
            Path(arguments[arguments.index(name) + 1]).parent.mkdir(parents=True, exist_ok=True)
    sys.argv, sys.path[0] = arguments, str(Path(arguments[0]).parent)
    try:
        runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as end:
        if end.code:
            sys.exit(f"failed: {command}")
"""
STEPS = ("fetch", "predict", "sample", "train", "measure", "tabulate")  # in the order of the jobs; no figures


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("walk") / "repository"
    copy_repository(place)
    (place / "run_scripts.py").write_text(RUN_SCRIPTS)
    return place


def run_tables(folder, configuration, *targets):
    """Make tables in a copy of the repository; the error, if there is one."""
    entries = as_entries(configuration)
    dry = [sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run", "--forceall", "--printshellcmds", *targets]
    answer = run([*dry, "--config", *entries], folder)
    if answer.returncode:
        return answer.stdout[-3000:] + answer.stderr[-3000:]
    commands = re.findall(r"^Shell command: (.* scripts/.*)$", answer.stdout + answer.stderr, re.MULTILINE)
    steps = {command: re.search(r"scripts/\w+/([a-z]+)_", command)[1] for command in commands}
    commands = sorted((one for one in commands if steps[one] in STEPS), key=lambda one: STEPS.index(steps[one]))
    assert commands
    (folder / "commands.json").write_text(json.dumps(commands))
    done = run([sys.executable, "run_scripts.py"], folder, PYTHONPATH=str(folder / "src"), MPLBACKEND="agg")
    return done.stderr[-3000:] if done.returncode else None


FEW = ("karakida_fig1_table", "karakida_corollary2_table", "pennington_slopes_table", "hayase_fig2_table")


def test_the_smallest_of_everything_runs(folder):
    configuration = smallest_of_everything()
    changed = sum(put != was for put, was in zip(leaves(configuration), leaves(SMOKE), strict=False))
    assert changed > 50
    assert run_tables(folder, configuration, *(("all",) if LONG else FEW)) is None


def leaves(value):
    if isinstance(value, dict):
        return [leaf for entry in value.values() for leaf in leaves(entry)]
    return [value]
