"""Each subcommand gives what the function of the library gives, and its example runs."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from click import Context

import fisher_spectra as fs
from fisher_spectra.cli.main import COMMANDS, cli
from fisher_spectra.common.tables import read_table

PREDICT = "predict --widths 12,20,3 --activation relu --sigma-w2 2 --samples 10 --networks 3"
PHASE = "phase --activation erf --sigma-w2 0.5,4 --sigma-b2 0,1 --depth 3 --points 3"


def examples(name):
    """The lines of a subcommand's help that call it."""
    text = cli.get_command(Context(cli), name).help
    return [line.strip() for line in text.splitlines() if line.strip().startswith(f"fisher-spectra {name}")]


def not_downloaded(name, output, origins):
    return SimpleNamespace(path=output, variant="original")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_help_has_an_example(call, name):
    found = call(f"{name} --help")
    assert found.exit_code == 0
    assert len(examples(name)) >= 1
    for line in examples(name):
        assert line in found.stdout


@pytest.mark.parametrize("line", [line for name in COMMANDS for line in examples(name)])
def test_the_example_of_each_help_runs(call, folder, line, monkeypatch):
    monkeypatch.setattr("fisher_spectra.datasets.fetching.fetch_dataset", not_downloaded)
    found = call(re.sub(r" >+ .*", "", line.removeprefix("fisher-spectra ")))
    assert found.exit_code == 0, found.stderr
    assert found.stdout
    for file in re.findall(r"--plot (\S+)", line):
        assert (folder / file).read_bytes().startswith(b"\x89PNG")
        assert f"wrote {file}" in found.stdout


def test_predict_is_that_of_the_library(call, answer, folder):
    found = answer(f"{PREDICT} --momentum 0.5 --loss mse --no-biases --seed 3 --csv p.csv")
    expected = fs.predict(
        [12, 20, 3],
        "relu",
        sigma_w2=2,
        samples=10,
        networks=3,
        momentum=0.5,
        loss="mse",
        biases=False,
        seed=3,
    )
    assert found == expected.to_dict()
    pd.testing.assert_frame_equal(read_table(folder / "p.csv"), expected.table, rtol=1e-10)
    assert call(PREDICT).stdout == fs.predict([12, 20, 3], "relu", sigma_w2=2, samples=10, networks=3).summary() + "\n"


def test_layers_are_separated_by_commas_and_parameters_of_an_activation_are_not(answer):
    line = "predict --widths 6,8,8,2 --activation hard_tanh(s=1,g=2),relu --sigma-w2 2,1,1 --sigma-b2 0.1,0.2,0"
    found = answer(f"{line} --networks 0 --samples 5 --data mine.npz")
    assert found["activations"] == ["hard_tanh(s=1,g=2)", "relu"]
    assert (found["sigma_w2"], found["sigma_b2"]) == ([2, 1, 1], [0.1, 0.2, 0])
    assert found["inputs"].startswith("5 of the 12 samples of mine.npz")
    assert found["sampled"] is None


def test_phase_is_that_of_the_library(call, answer):
    expected = fs.phase_diagram("erf", (0.5, 4), (0, 1), 3, points=3, quantity="chi", width=50)
    found = answer(f"{PHASE} --quantity chi --width 50")
    pd.testing.assert_frame_equal(pd.DataFrame(found["table"], dtype=float), expected.table)
    assert found["reservations"] == list(expected.reservations)
    assert found["table"][0]["correlation_length"] is None  # JSON has no nan
    assert call(f"{PHASE} --quantity chi --width 50").stdout == f"{expected}\n"


def test_analyse_is_that_of_the_library(call, answer, folder):
    found = answer("analyse my.py:net --data mine.npz --loss half_sum --momentum 0.9 --largest 4")
    with np.load(folder / "mine.npz") as file:
        arrays = dict(file)
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))
    expected = fs.analyse(net, (arrays["x"], arrays["y"]), loss="half_sum", momentum=0.9)
    assert found["critical_learning_rate"] == pytest.approx(expected.critical_learning_rate, rel=1e-6)
    np.testing.assert_allclose(found["largest"], expected.largest(4), rtol=1e-5)
    assert [row["parameter"] for row in found["by_layer"]] == list(expected.by_layer["parameter"])
    assert found["theory"]["largest_eigenvalue"] == pytest.approx(expected.theory.largest_eigenvalue, rel=1e-6)
    text = call("analyse my.py:net --data mine.npz --loss half_sum --momentum 0.9 --csv a.csv").stdout
    assert f"{expected.critical_learning_rate:.4g}" in text
    assert (folder / "a.csv").is_file()


def test_theory_of_infinite_width_alone_has_no_scatter(answer, folder):
    (folder / "normalised.py").write_text(
        "from torch import nn\nnet = nn.Sequential(nn.Linear(6, 8), nn.LayerNorm(8), nn.ReLU(), nn.Linear(8, 3))\n"
    )
    theory = answer("analyse normalised.py:net --data mine.npz")["theory"]
    assert theory["scatter"] is None
    assert theory["largest_eigenvalue"] == theory["infinite_width"] > 0
    assert theory["reservations"][0].startswith("Of layer-normalised networks")


@pytest.mark.parametrize("name", ["net", "make", "Net", "holder.inner"])
def test_a_module_a_function_or_a_class_is_analysed(answer, name):
    found = answer(f"analyse my.py:{name} --data mine.npz --samples 7")
    assert (found["samples"], found["outputs"]) == (7, 3)
    assert found["critical_learning_rate"] > 0


def test_what_the_readers_file_prints_is_no_part_of_the_result(call):
    found = call("analyse my.py:net --data mine.npz --json")
    assert found.stdout.startswith("{")
    assert "printed by the reader's file" in found.stderr


def test_parameters_of_a_file_are_those_of_the_module(answer, folder):
    net = torch.nn.Linear(6, 3)
    torch.save({"only." + name: 3.0 * value for name, value in net.state_dict().items()}, folder / "w.pt")
    torch.save({"state_dict": torch.load(folder / "w.pt"), "epoch": 3}, folder / "checkpoint.pt")
    line = "analyse my.py:Net --data mine.npz --loss cross_entropy"
    one, other = (answer(f"{line} --state-dict {file}") for file in ("w.pt", "checkpoint.pt"))
    assert one == other
    assert one["largest_eigenvalue"] != answer(line)["largest_eigenvalue"]


def test_the_mode_of_the_module_is_chosen(call, folder):
    source = "import torch\nnet = torch.nn.Sequential(torch.nn.Linear(6, 3), torch.nn.Dropout())\n"
    (folder / "drops.py").write_text(source)
    assert call("analyse drops.py:net --data mine.npz").exit_code == 1
    assert call("analyse drops.py:net --data mine.npz --eval").exit_code == 0


def test_named_data_are_normalised_and_drawn(call, answer, folder):
    source = "import torch\ntorch.manual_seed(0)\nnet = torch.nn.Linear(64, 10, bias=False)\n"
    (folder / "digits.py").write_text(source)
    found = answer("analyse digits.py:net --data digits --samples 20 --loss half_sum")
    # a linear layer of normalised samples: the trace of F is C times their second moment, M_0
    assert sum(row["trace"] for row in found["by_layer"]) == pytest.approx(640.0, rel=1e-5)
    unit = answer("analyse my.py:net --data mine.npz --normalisation unit --loss half_sum")
    assert unit["by_layer"][0]["input_second_moment"] == pytest.approx(1.0, rel=1e-5)


def test_train_check_says_what_happens_at_each_rate(call, answer, folder):
    found = answer("train-check my.py:net --data mine.npz --factors 0.9,1.1 --steps 60 --csv t.csv")
    assert [run["diverged"] for run in found["runs"]] == [False, True]
    np.testing.assert_allclose(
        [run["learning_rate"] for run in found["runs"]], [0.9, 1.1] * np.full(2, found["critical_learning_rate"])
    )
    assert len(read_table(folder / "t.csv")) == 2
    text = call("train-check my.py:net --data mine.npz --factors 0.5 --steps 20").stdout
    assert text.startswith("critical learning rate ")
    assert "converges" in text


def test_fetched_data_are_found_by_their_name(call, answer, monkeypatch):
    written = {}

    def fetch(name, output, origins):
        written.update(name=name, output=str(output), mirror=origins.mirror)
        return not_downloaded(name, output, origins)

    monkeypatch.setattr("fisher_spectra.datasets.fetching.fetch_dataset", fetch)
    assert call("fetch mnist --mirror folder").stdout == "wrote results/data/mnist.npz: mnist, original\n"
    assert written == {"name": "mnist", "output": "results/data/mnist.npz", "mirror": "folder"}
    call("fetch mnist --output elsewhere.npz")
    assert written["output"] == "elsewhere.npz"
