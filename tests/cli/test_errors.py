"""Errors of the command: one line on standard error, and a status that says of which kind they are."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from fisher_spectra.cli.main import cli
from fisher_spectra.common.errors import UserError

SOURCE = Path(__file__).resolve().parents[2] / "src"
PREDICT = "predict --widths 12,20,3 --activation relu --sigma-w2 2 --samples 10 --networks 0"


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("prdict", "prdict"),
        ("predict --widths 12,20,3", "--activation"),
        (f"{PREDICT} --widths 3,x", "--widths"),
        (f"{PREDICT} --sigma-w2 two", "--sigma-w2"),
        (f"{PREDICT} --loss l1", "--loss"),
        (f"{PREDICT} --netwroks 3", "--netwroks"),
        (f"{PREDICT} extra", "extra"),
        ("phase --activation tanh", "--sigma-w2"),
        ("analyse", "FILE.py:NAME"),
        ("analyse my.py --data mine.npz", "FILE.py:NAME"),
        ("analyse my.py: --data mine.npz", "FILE.py:NAME"),
        ("train-check my.py:net --data mine.npz --factors few", "--factors"),
        ("completion powershell", "powershell"),
        ("fetch penguins", "penguins"),
        (f"{PREDICT} --plot picture.bmp", "picture.bmp"),
    ],
)
def test_options_that_cannot_be_read_have_status_2(call, line, named):
    found = call(line)
    assert found.exit_code == 2
    assert found.stderr.startswith("error: ")
    assert len(found.stderr.splitlines()) == 1
    assert named in found.stderr
    assert not found.stdout


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("predict --widths 12 --activation relu --sigma-w2 2", "widths"),
        (f"{PREDICT} --activation rlu", "rlu"),
        (f"{PREDICT} --data mine.npz", "6 values"),
        (f"{PREDICT} --data none.npz", "none.npz"),
        (f"{PREDICT} --data mnist", "fisher-spectra fetch mnist"),
        (f"{PREDICT} --csv my.py/t.csv", "my.py"),
        ("phase --activation tanh --sigma-w2 4,1 --sigma-b2 0,1 --depth 3", "sigma_w2"),
        ("analyse none.py:net --data mine.npz", "none.py: no such file"),
        ("analyse my.py:missing --data mine.npz", "modules in it: net"),
        ("analyse my.py:number --data mine.npz", "number is of type int"),
        ("analyse my.py:broken --data mine.npz", "line 27: ZeroDivisionError: division by zero (in calling broken)"),
        ("analyse syntax.py:net --data mine.npz", "syntax.py, line 2: SyntaxError"),
        ("analyse raises.py:net --data mine.npz", "raises.py, line 1: KeyError"),
        ("analyse exits.py:net --data mine.npz", "exits.py, line 2: SystemExit"),
        ("analyse my.py:net --data none.npz", "none.npz"),
        ("analyse my.py:net --data mine.npz --samples 13", "13 samples are wanted"),
        ("analyse my.py:net --data mine.npz --state-dict none.pt", "none.pt"),
        ("analyse my.py:net --data mine.npz --state-dict mine.npz", "mine.npz: cannot be loaded as parameters alone"),
        ("analyse my.py:net --data mine.npz --device gpu", "device 'gpu'"),
        ("analyse my.py:net --data mine.npz --momentum 1", "momentum"),
        ("train-check my.py:net --data mine.npz --factors -1", "factors"),
    ],
)
def test_what_cannot_be_computed_has_status_1(call, folder, line, named):
    (folder / "syntax.py").write_text("x = 1\nnet = (\n")
    (folder / "raises.py").write_text("net = {}['no']\n")
    (folder / "exits.py").write_text("import sys\nsys.exit('over')\n")
    found = call(line)
    assert found.exit_code == 1
    lines = [one for one in found.stderr.splitlines() if one != "printed by the reader's file"]
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert named in lines[0]
    assert not found.stdout


def test_an_executable_file_of_parameters_is_not_executed(call, folder):
    import pickle

    class Payload:
        def __reduce__(self):
            return (Path(folder / "executed").touch, ())

    (folder / "w.pt").write_bytes(pickle.dumps(Payload()))
    found = call("analyse my.py:net --data mine.npz --state-dict w.pt")
    assert found.exit_code == 1
    assert "cannot be loaded as parameters alone" in found.stderr
    assert not (folder / "executed").exists()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UserError("of the user's"), 1),
        (ValueError("two\nlines"), 1),
        (ImportError("needs an extra"), 1),
        (MemoryError(), 1),
        (OSError(28, "No space left on device", "file.csv"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_whatever_ends_a_command_is_one_line(call, monkeypatch, error, status):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("fisher_spectra.analysis.prediction.predict", fail)
    found = call(PREDICT)
    assert found.exit_code == status
    lines = found.stderr.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert len(lines[0]) > len("error: ")


def test_a_fault_of_the_program_is_not_hidden(monkeypatch):
    from click.testing import CliRunner

    monkeypatch.setattr("fisher_spectra.analysis.prediction.predict", lambda *_, **__: 1 / 0)
    assert isinstance(CliRunner().invoke(cli, PREDICT.split()).exception, ZeroDivisionError)


def test_a_variable_shows_where_an_error_arose(monkeypatch):
    from click.testing import CliRunner

    line = f"{PREDICT} --activation rlu"
    found = CliRunner(env={"FISHER_SPECTRA_TRACEBACK": "1"}).invoke(cli, line.split())
    assert isinstance(found.exception, UserError)


def process(code, line="", **options):
    program = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); sys.argv = ['fisher-spectra', *{line.split()!r}]; {code}"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, **options)


# A fresh interpreter, whose finders do not find the packages that it is to be without.
WITHOUT = """
class Finder:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in {missing!r} else self.finder.find_spec(name, path, target)

sys.meta_path[:] = map(Finder, sys.meta_path)
from fisher_spectra.cli.main import main
main()
"""


@pytest.mark.parametrize(
    ("line", "missing", "message"),
    [
        ("analyse my.py:net --data mine.npz", ["torch"], "fisher-spectra analyse needs PyTorch: .*[training]"),
        ("train-check my.py:net --data mine.npz", ["torch"], "fisher-spectra train-check needs PyTorch: .*[training]"),
        (f"{PREDICT} --plot p.png", ["matplotlib"], "needs matplotlib: .*[figures]"),
        (f"{PREDICT} --data digits", ["sklearn"], "data set 'digits' needs scikit-learn: .*[data]"),
        ("fetch mnist", ["requests"], "fisher-spectra fetch needs requests: .*[data]"),
    ],
)
def test_extras_that_lack_are_named(folder, line, missing, message):
    found = process(WITHOUT.format(missing=missing), line)
    assert found.returncode == 1
    (one,) = found.stderr.splitlines()
    before, _, extra = message.partition(": .*")
    assert one.startswith("error: ")
    assert before in one
    assert f"pip install 'fisher-spectra{extra}'" in one


def test_help_loads_nothing_that_takes_long():
    code = (
        "from fisher_spectra.cli.main import cli; cli.main(sys.argv[1:], 'fisher-spectra', standalone_mode=False); "
        "print(sorted({'numpy', 'torch', 'pandas', 'scipy', 'matplotlib'} & set(sys.modules)), file=sys.stderr)"
    )
    for line in ("--help", "analyse --help", "completion bash"):
        assert process(code, line).stderr.splitlines()[-1] == "[]"


def test_python_m_is_the_command():
    command = [sys.executable, "-m", "fisher_spectra", "--version"]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=SOURCE)
    assert (answer.returncode, answer.stdout) == (0, "fisher-spectra, version 0.1.0\n")


def test_a_reader_that_has_enough_ends_it_without_a_word(folder):
    code = "from fisher_spectra.cli.main import main; main()"
    line = "phase --activation relu --sigma-w2 1,3 --sigma-b2 0,1 --depth 3 --points 40 --json"
    program = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); sys.argv = ['fisher-spectra', *{line.split()!r}]; {code}"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() in (0, 1)  # which one, releases of click differ in


def test_ctrl_c_ends_it_with_one_line(folder):
    import signal

    line = f"{PREDICT.replace('--networks 0', '--networks 100000')}"
    program = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r}); sys.argv = ['fisher-spectra', *{line.split()!r}]\n"
        "import fisher_spectra.analysis.prediction as p\n"
        "print('ready', flush=True)\n"
        "from fisher_spectra.cli.main import main; main()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        running.stdout.readline()
        time.sleep(0.5)
        running.send_signal(signal.SIGINT)
        error = running.stderr.read().decode()
        assert running.wait() == 130
    assert error.strip().splitlines()[-1] == "error: interrupted"
    assert "Traceback" not in error


def test_ctrl_c_while_a_module_in_c_is_loaded_is_no_failure_of_the_module(call, monkeypatch):
    def loaded(*_):
        raise ImportError("initialization failed") from KeyboardInterrupt()

    monkeypatch.setattr("fisher_spectra.cli.main.import_module", loaded)
    found = call(PREDICT)
    assert (found.exit_code, found.stderr) == (130, "error: interrupted\n")
