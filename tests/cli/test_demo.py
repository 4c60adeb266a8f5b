"""The command line: the demo does what it says."""

import doctest
import re
import subprocess
import sys

import pytest

import lucid.io
from lucid.cli import main
from lucid.cli.demo import EPOCHS, DigitClassifier, evaluate, predict
from lucid.cli.example import CustomParameterModel
from lucid.data import digits
from lucid.engines.cpu.kernels import table


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo") / "digits"
    command = [sys.executable, "-m", "lucid", "demo", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert done.stderr == ""  # no bar of progress where there is no terminal
    return out, done.stdout


def test_the_demo_begins_with_the_reference_example_as_a_session(run):
    _, text = run
    session = text[text.index(">>>") : text.index("\n\nA classifier")] + "\n"
    # What was shown can be typed in, and prints what was shown.
    test = doctest.DocTestParser().get_doctest(session, {}, "session", None, 0)
    assert doctest.DocTestRunner().run(test) == (0, 9)
    assert ">>> print(output)\nTensor([[127.0, 148.0]], grad=None)\n" in session
    assert ">>> print(input_tensor.grad)\n[[41.0, 93.0]]\n" in session


def test_the_demo_trains_to_98_5_percent_and_says_so_each_epoch(run):
    out, text = run
    lines = [line for line in text.splitlines() if line.startswith("epoch")]
    assert len(lines) == EPOCHS
    model = DigitClassifier()
    model.load_state_dict(lucid.io.load(out / "model.safetensors"))
    accuracy = evaluate(model, digits().test)[1]
    assert accuracy >= 0.985
    assert re.search(r"Trained in [\d.]+ s", text)
    assert f"{accuracy:.2%} of the 355 test images are right" in text
    assert f"fresh model: {accuracy:.2%}" in text


def test_the_demo_says_that_kernels_are_compiled_once_where_there_are_kernels(run):
    _, text = run
    assert ("Kernels are compiled once" in text) is (table.find("adam") is not None)


def test_the_demo_draws_a_picture(run):
    pytest.importorskip("matplotlib")
    out, text = run
    picture = out / "training.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert str(picture) in text
    assert sorted(p.name for p in out.iterdir()) == ["model.safetensors", "training.png"]


def test_without_matplotlib_the_demo_says_how_to_get_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    assert main(["demo", "--epochs", "1", "--out", str(tmp_path)]) == 0
    assert "pip install 'lucid-nn[viz]'" in capsys.readouterr().out
    assert [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]


def test_a_seed_repeats_the_run(tmp_path):
    for name in ("a", "b"):
        main(["demo", "--epochs", "1", "--seed", "7", "--out", str(tmp_path / name)])
    a, b = (lucid.io.load(tmp_path / name / "model.safetensors") for name in ("a", "b"))
    assert all(a[key].tolist() == b[key].tolist() for key in a)


def test_evaluating_draws_no_random_numbers():
    model, test = DigitClassifier().train(), digits().test
    assert evaluate(model, test) == evaluate(model, test)
    assert predict(model.train(), test).tolist() == predict(model, test).tolist()


def test_a_folder_that_cannot_be_made_ends_at_once_with_one_line(tmp_path, capsys):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as stopped:
        main(["demo", "--out", str(tmp_path / "file")])
    assert stopped.value.code == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("python -m lucid demo: ")
    assert captured.err.count("\n") == 1


def test_info_shows_the_configuration(capsys):
    assert main(["info"]) == 0
    assert "engine cpu" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["x"], ["demo", "--epochs", "0"], ["demo", "--epochs", "x"]])
def test_bad_arguments_end_with_usage(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_the_example_model_is_the_page_s():
    names = [name for name, _ in CustomParameterModel().named_parameters()]
    assert names == ["param_dict.weight1", "param_dict.bias1", "param_dict.weight2", "param_dict.bias2"]
