"""Configuration: closed, described, checked before any job, refused in one line that names the key."""

from __future__ import annotations

import copy
import re
import shutil
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from fisher_spectra.common.checked_yaml import closed
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.strict_yaml import read_yaml
from fisher_spectra.workflow.configuration import SCALES, check_configuration, load_configuration, merge

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = closed(read_yaml(ROOT / "config" / "config.schema.yaml"))
GOOD = load_configuration(ROOT)


@pytest.fixture
def folder(tmp_path):
    """A folder with a copy of the configuration files."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    shutil.copy(ROOT / "config.yaml", tmp_path)
    return tmp_path


def nested(path, value):
    """Mapping with one value at a dotted path."""
    first, _, rest = path.partition(".")
    return {first: nested(rest, value) if rest else value}


# What is merged over a good configuration, the key that the message names and what it says is allowed.
REFUSED = [
    ("karakida.fig1.width", [10], "karakida.fig1.width", "unknown key; did you mean 'widths'? Allowed: depth, widths"),
    ("karakida.figg1", {}, "karakida.figg1", "unknown key; did you mean 'fig1'?"),
    ("karakidaa", {}, "karakidaa", "unknown key; did you mean 'karakida'?"),
    ("colour", "red", "colour", "unknown key. Allowed: scale, root_seed"),
    ("karakida.activations.tanh.sigma", 1.0, "karakida.activations.tanh.sigma", "unknown key; did you mean 'sigma_"),
    ("karakida.activations.tanh.function", "tahn", "karakida.activations.tanh.function", "tanh"),
    ("karakida.activations.tanh.function", "leaky_relu(slop=0.1)", "karakida.activations.tanh.function", "slope"),
    ("karakida.activations.tanh.function", 3, "karakida.activations.tanh.function = 3", "must be a text"),
    ("karakida.activations.tanh.sigma_w2", -1.0, "karakida.activations.tanh.sigma_w2 = -1.0", "at least 1e-06"),
    ("karakida.activations.tanh.sigma_w2", 0, "karakida.activations.tanh.sigma_w2 = 0", "at least 1e-06"),
    ("karakida.activations.tanh.sigma_b2", -0.1, "karakida.activations.tanh.sigma_b2 = -0.1", "at least 0"),
    ("karakida.activations.tanh.sigma_b2", float("nan"), "karakida.activations.tanh.sigma_b2", "a finite number"),
    ("karakida.activations.Tanh2_", {}, "karakida.activations.Tanh2_", "the name must be of the form ^[a-z]"),
    ("karakida.activations", {False: {}}, "karakida.activations.False", "the name must be of the form ^[a-z]"),
    ("karakida.fig1.widths", [0], "karakida.fig1.widths[0] = 0", "at least 1 (width M"),
    ("karakida.fig1.widths", [10, -5], "karakida.fig1.widths[1] = -5", "at least 1"),
    ("karakida.fig1.widths", [10.5], "karakida.fig1.widths[0] = 10.5", "a whole number"),
    ("karakida.fig1.widths", [], "karakida.fig1.widths = []", "at least 1 entries"),
    ("karakida.fig1.widths", [10, 10], "karakida.fig1.widths = [10, 10]", "without repeated entries"),
    ("karakida.fig1.widths", 10, "karakida.fig1.widths = 10", "must be a list"),
    ("karakida.fig1.widths", [10**9], "karakida.fig1.widths[0] = 1000000000", "at most 100000"),
    ("karakida.fig1.samples", 0, "karakida.fig1.samples = 0", "at least 1 (number of training samples T)"),
    ("karakida.figC1.samples", [0, 10], "karakida.figC1.samples[0] = 0", "at least 1"),
    ("karakida.fig1.depth", 1, "karakida.fig1.depth = 1", "at least 2 (depth L"),
    ("karakida.theorem5.depths", [1], "karakida.theorem5.depths[0] = 1", "at least 2"),
    ("karakida.fig1.depth", "deep", "karakida.fig1.depth = 'deep'", "a whole number"),
    ("karakida.fig1.depth", True, "karakida.fig1.depth = True", "a whole number"),
    ("karakida.fig1.depth", None, "karakida.fig1.depth = None", "a whole number"),
    ("karakida.fig1.networks", 1, "karakida.fig1.networks = 1", "at least 2"),
    ("karakida.fig1.networks_per_job", 0, "karakida.fig1.networks_per_job = 0", "at least 1"),
    ("karakida.fig1.networks_per_job", "all", "karakida.fig1.networks_per_job = 'all'", "of the form ^auto$"),
    ("job_minutes", 0, "job_minutes = 0", "at least 1 (how long a job shall take"),
    ("job_minutes", 200, "job_minutes = 200", "at most 120"),
    ("karakida.fig1.outputs", 0, "karakida.fig1.outputs = 0", "at least 1 (number of outputs C)"),
    ("karakida.fig1", None, "karakida.fig1 = None", "must be keys with values"),
    ("karakida.fig1", [1], "karakida.fig1 = [1]", "must be keys with values"),
    ("karakida.training.momentum", 1, "karakida.training.momentum = 1", "less than 1 (momentum coefficient mu"),
    ("karakida.training.momentum", -0.1, "karakida.training.momentum = -0.1", "at least 0"),
    ("karakida.training.trials", 0, "karakida.training.trials = 0", "at least 1"),
    ("karakida.training.divergence_loss", 0, "karakida.training.divergence_loss = 0", "greater than 0"),
    ("karakida.fig2_gaussian.steps", 0, "karakida.fig2_gaussian.steps = 0", "at least 1"),
    ("karakida.fig2_gaussian.learning_rates.smallest", 0, "learning_rates.smallest = 0", "at least 1e-12"),
    ("karakida.fig2_gaussian.learning_rates.smallest", 500, "learning_rates.smallest = 500", "less than largest"),
    ("karakida.fig2_gaussian.learning_rates.number", 1, "learning_rates.number = 1", "at least 2"),
    ("karakida.fig2_data.dataset", "minst", "karakida.fig2_data.dataset = 'minst'", "digits, mnist"),
    ("karakida.fig2_data.dataset", "none/x.npz", "karakida.fig2_data.dataset = 'none/x.npz'", "no such file"),
    ("karakida.fig2_data.normalisation", "rows", "karakida.fig2_data.normalisation", "one of sample, pixel"),
    ("karakida.fig2_data.batch_size", 99999, "karakida.fig2_data.batch_size = 99999", "must be at most samples"),
    ("karakida.many_outputs.outputs_per_width", 0, "karakida.many_outputs.outputs_per_width", "greater than 0"),
    ("karakida.corollary2.thresholds", [0], "karakida.corollary2.thresholds[0] = 0", "at least 1e-12"),
    ("karakida.corollary2.thresholds", [float("inf")], "karakida.corollary2.thresholds[0]", "a finite number"),
    ("root_seed", -1, "root_seed = -1", "at least 0"),
    ("root_seed", 0.5, "root_seed = 0.5", "a whole number"),
    ("device", "gpu", "device = 'gpu'", "one of auto, cpu, cuda"),
    ("scale", "huge", "scale = 'huge'", "one of smoke, laptop, paper"),
    ("scale", ["smoke"], "scale = ['smoke']", "one of smoke, laptop, paper"),
    ("scale", None, "scale = None", "one of smoke, laptop, paper"),
]


@pytest.mark.parametrize(
    ("path", "value", "key", "allowed"), REFUSED, ids=[f"{path}={str(value)[:20]}" for path, value, *_ in REFUSED]
)
def test_a_bad_value_is_refused_in_one_line_with_its_key_and_what_is_allowed(path, value, key, allowed):
    with pytest.raises(UserError) as refused:
        check_configuration(merge(GOOD, nested(path, value)), SCHEMA)
    message = str(refused.value)
    assert "\n" not in message
    assert key in message
    assert allowed in message.split(key, 1)[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scale: smoke\nscale: paper\n", r"config\.yaml, line 2: key 'scale' is given twice; keep one of them"),
        ("karakida:\n  fig1:\n    depth: 3\n    depth: 4\n", r"config\.yaml, line 4: key 'depth' is given twice"),
        ("karakida: [1, 2\nscale: x\n", r"config\.yaml, line 2: not valid YAML"),
        ("a:\n\tb: 1\n", r"config\.yaml, line 2: not valid YAML: found character '\\t'"),
        ("- scale\n- smoke\n", r"config\.yaml: must hold keys and values, not list"),
        ("just text\n", r"config\.yaml: must hold keys and values, not str"),
        ("? [1, 2]\n: 3\n", r"config\.yaml, line 1: a key must be a name"),
        ("scale: !!python/object:os.system {}\n", r"config\.yaml, line 1: not valid YAML: could not determine"),
        ("scale: *nowhere\n", r"config\.yaml, line 1: not valid YAML: found undefined alias"),
        ("scale: \x07\n", r"config\.yaml: not valid YAML: must be text in UTF-8 without control characters"),
        (b"scale: \xff\xfe\n", r"config\.yaml: not valid YAML: must be text in UTF-8"),
        ("scale: huge\n", r"^scale = 'huge': must be one of smoke, laptop, paper$"),
        ("scale: [smoke]\n", r"^scale = \['smoke'\]: must be one of smoke, laptop, paper$"),
        ("", r"^scale = None: must be one of smoke, laptop, paper$"),
        ("scale: laptop\n", r"^configuration: root_seed: missing$"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused_with_its_name_and_line(folder, text, message):
    (folder / "config.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError, match=message) as refused:
        load_configuration(folder)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["config.yaml", "config/smoke.yaml", "config/config.schema.yaml"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(UserError, match=rf"{name}: no such file$"):
        load_configuration(folder, {"scale": "smoke"})


def test_a_folder_in_place_of_a_file_is_refused_in_one_line(folder):
    (folder / "config.yaml").unlink()
    (folder / "config.yaml").mkdir()
    with pytest.raises(UserError, match=r"config\.yaml: cannot be read \(Is a directory\)$"):
        load_configuration(folder)


def test_a_bad_value_in_the_overlay_of_a_scale_is_refused_at_that_scale_only(folder):
    with (folder / "config" / "paper.yaml").open("a") as file:
        file.write("device: gpu\n")
    assert load_configuration(folder, {"scale": "smoke"})["device"] == "auto"
    with pytest.raises(UserError, match=r"device = 'gpu': must be one of auto, cpu, cuda"):
        load_configuration(folder, {"scale": "paper"})


def test_of_several_faults_the_first_in_the_order_of_the_keys_is_named():
    overrides = merge(nested("karakida.figC1.depth", 1), nested("karakida.fig1.depth", 0))
    with pytest.raises(UserError, match=r"karakida\.fig1\.depth = 0"):
        load_configuration(ROOT, overrides)


def test_a_mistyped_key_is_named_rather_than_the_one_that_is_missing_for_it(folder):
    text = (folder / "config.yaml").read_text()
    (folder / "config.yaml").write_text(text.replace("root_seed:", "rootseed:"))
    with pytest.raises(UserError, match=r"rootseed: unknown key; did you mean 'root_seed'\?"):
        load_configuration(folder)


@pytest.mark.parametrize("scale", SCALES)
def test_every_scale_is_valid_and_says_which_it_is(scale):
    assert load_configuration(ROOT, {"scale": scale})["scale"] == scale


def test_command_line_wins_over_scale_and_scale_over_base(folder):
    (folder / "config" / "smoke.yaml").write_text("root_seed: 2\ndevice: cpu\n")
    configuration = load_configuration(folder, {"scale": "smoke", "root_seed": 3})
    base = read_yaml(folder / "config.yaml")
    assert configuration["root_seed"] == 3
    assert configuration["device"] == "cpu"
    assert configuration["karakida"]["fig1"]["widths"] == base["karakida"]["fig1"]["widths"]


def test_merging_replaces_lists_and_leaves_its_arguments_alone():
    base, overlay = {"a": {"b": [1, 2], "c": 3}}, {"a": {"b": [9]}}
    before = copy.deepcopy((base, overlay))
    merged = merge(base, overlay)
    assert merged == {"a": {"b": [9], "c": 3}}
    merged["a"]["b"].append(0)
    assert (base, overlay) == before


def test_values_of_the_command_line_that_arrive_as_text_become_numbers():
    # Snakemake reads nested values of --config with a loader that leaves every scalar a text
    text = {"karakida": {"fig1": {"networks": "12", "widths": ["10", "20"]}, "training": {"momentum": "5e-1"}}}
    configuration = load_configuration(ROOT, text)
    assert configuration["karakida"]["fig1"]["networks"] == 12
    assert configuration["karakida"]["fig1"]["widths"] == [10, 20]
    assert configuration["karakida"]["training"]["momentum"] == 0.5
    assert configuration["karakida"]["activations"]["tanh"]["function"] == "tanh"


@pytest.mark.parametrize("number", ["1000", "1000.0", "1e3", "1.0e+3", "+1e3"])
def test_a_whole_number_is_the_same_however_it_is_written(folder, number):
    with (folder / "config" / "smoke.yaml").open("a") as file:
        file.write(f"root_seed: {number}\n")
    seed = load_configuration(folder, {"scale": "smoke"})["root_seed"]
    assert repr(seed) == "1000"


@pytest.mark.parametrize("number", ["1e-3", "1E-3", "1.0e-3", "0.001", ".1e-2"])
def test_numbers_in_scientific_notation_are_numbers(tmp_path, number):
    (tmp_path / "a.yaml").write_text(f"a: {number}\n")
    assert read_yaml(tmp_path / "a.yaml") == {"a": 0.001}


def objects(schema, place="configuration"):
    """Every schema of the file, with the place it is at."""
    yield place, schema
    for key, entry in [*schema.get("properties", {}).items(), *schema.get("$defs", {}).items()]:
        yield from objects(entry, f"{place}.{key}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from objects(schema[key], f"{place}.{key}")


ENTRIES = [(place, schema) for place, schema in objects(SCHEMA) if "$ref" not in schema]
LAYER_CASE = "configuration.layer_case"  # whose layers may have activations and variances of their own, or not
INNER = [(place, schema) for place, schema in ENTRIES if place != "configuration"]


def by_place(entries):
    return pytest.mark.parametrize(("place", "schema"), entries, ids=[place for place, _ in entries])


def test_the_schema_is_itself_valid_and_refers_only_to_what_it_defines():
    Draft202012Validator.check_schema(SCHEMA)
    references = {schema["$ref"] for _, schema in objects(SCHEMA) if "$ref" in schema}
    assert references == {f"#/$defs/{name}" for name in SCHEMA["$defs"]}


def type_of(schema):
    """The type that a schema, or the one it refers to, asks for."""
    referred = schema.get("$ref", "").removeprefix("#/$defs/")
    return (SCHEMA["$defs"][referred] if referred else schema).get("type")


@by_place(INNER)
def test_every_key_has_a_description_and_every_value_a_unit(place, schema):
    assert schema["description"].strip()
    # the values of a mapping, or of a list of mappings, have units of their own
    if "object" not in (type_of(schema), type_of(schema.get("items", {}))):
        assert schema["unit"].strip()


@by_place(INNER)
def test_every_key_states_its_type_or_its_values(place, schema):
    assert "type" in schema or "enum" in schema


@by_place([entry for entry in ENTRIES if entry[1].get("type") == "object"])
def test_every_mapping_is_closed_and_complete(place, schema):
    if isinstance(schema["additionalProperties"], dict):  # names chosen by the user, each with a checked value
        assert "propertyNames" in schema
    else:
        assert schema["additionalProperties"] is False
        left_out = {"functions", "sigma_w2", "sigma_b2", "samples_per_width"} if place == LAYER_CASE else set()
        assert schema["required"] == [key for key in schema["properties"] if key not in left_out]


@by_place([entry for entry in ENTRIES if entry[1].get("type") in ("number", "integer")])
def test_every_number_has_a_range(place, schema):
    assert {"minimum", "exclusiveMinimum"} & schema.keys()
    assert {"maximum", "exclusiveMaximum"} & schema.keys()


@by_place([entry for entry in ENTRIES if entry[1].get("type") == "array"])
def test_every_list_says_what_is_in_it_and_may_not_be_empty(place, schema):
    assert "items" in schema
    assert schema["minItems"] >= 1


def leaves(mapping, place=""):
    for key, value in mapping.items():
        path = f"{place}.{key}" if place else key
        if isinstance(value, dict):
            yield from leaves(value, path)
        else:
            yield path, value


@pytest.mark.parametrize("scale", [scale for scale in SCALES if scale != "laptop"])
def test_an_overlay_holds_only_what_differs_from_the_base(scale):
    base = dict(leaves(read_yaml(ROOT / "config.yaml")))
    overlay = dict(leaves(read_yaml(ROOT / "config" / f"{scale}.yaml")))
    assert overlay.keys() <= base.keys()
    assert [path for path, value in overlay.items() if base[path] == value] == []


def test_there_is_one_overlay_for_each_scale_but_the_base():
    files = {path.stem for path in (ROOT / "config").glob("*.yaml")} - {"config.schema"}
    files.remove("config")  # what a workflow that uses this one starts from
    assert files == set(SCALES) - {"laptop"}


def test_a_checked_configuration_is_plain_data():
    configuration = load_configuration(ROOT)
    assert yaml.safe_load(yaml.safe_dump(configuration)) == configuration
    check_configuration(configuration, SCHEMA)
    assert not re.search(r"!!", yaml.safe_dump(configuration))
