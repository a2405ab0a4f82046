"""The reader's module is left as it was, and what is no function of its parameters is refused in one line."""

from __future__ import annotations

import random
import re

import numpy as np
import pandas as pd
import pytest
import torch
from reader_modules import MAKERS, reader_inputs, reader_module
from torch import nn

import fisher_spectra as fs


def plain(*parts):
    return nn.Sequential(*parts)


def state_of(module):
    return (
        {name: value.clone() for name, value in module.state_dict().items()},
        {name: None if p.grad is None else p.grad.clone() for name, p in module.named_parameters()},
        [(part.training, len(part._forward_hooks), len(part._forward_pre_hooks)) for part in module.modules()],
        [p.requires_grad for p in module.parameters()],
    )


@pytest.mark.parametrize("name", ["batch_norm_training", "attention", "plain", "own_derivative"])
@pytest.mark.parametrize("method", ["dual_matrix", "products"])
def test_the_module_and_the_random_numbers_are_as_before(name, method):
    module, inputs = reader_module(name), reader_inputs()
    module(inputs).square().sum().backward()  # leaves gradients
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    random.seed(5)
    before, settings = state_of(module), (torch.backends.mha.get_fastpath_enabled(), torch.backends.cudnn.allow_tf32)
    found = fs.analyse(module, inputs, momentum=0.9, method=method)
    for use in (found.largest, lambda: found.spectrum, lambda: found.by_layer, found.summary):
        use()
    found.check_by_training((1.1,), steps=3)
    after = state_of(module)
    for one, other in zip(before[:2], after[:2], strict=True):
        assert one.keys() == other.keys()
        assert all(one[key] is other[key] or torch.equal(one[key], other[key]) for key in one)
    assert before[2:] == after[2:]
    assert (torch.backends.mha.get_fastpath_enabled(), torch.backends.cudnn.allow_tf32) == settings
    drawn = torch.rand(1), np.random.rand(), random.random()  # noqa: NPY002
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    random.seed(5)
    assert drawn == (torch.rand(1), np.random.rand(), random.random())  # noqa: NPY002


def test_what_is_asked_for_later_is_of_the_module_as_it_was_analysed():
    module, inputs = reader_module("residual"), reader_inputs()
    found, again = (fs.analyse(module, inputs, method="products") for _ in range(2))
    expected = found.largest(3)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(2.0)
    np.testing.assert_array_equal(again.largest(3), expected)


def test_a_module_that_keeps_tensors_with_a_history_is_copied():
    class Keeps(nn.Linear):
        def forward(self, x):
            self.seen = super().forward(x)
            return self.seen

    module = Keeps(6, 2).double()
    module(reader_inputs())
    assert fs.analyse(module, reader_inputs()).largest_eigenvalue > 0


def autocast():
    return torch.autocast("cpu")


@pytest.mark.parametrize("wrapper", [torch.no_grad, torch.inference_mode, torch.enable_grad, autocast])
def test_contexts_that_turn_gradients_or_digits_off_change_nothing(wrapper):
    for name in ("residual", "plain"):
        for method in ("products", "dual_matrix"):
            expected = fs.analyse(reader_module(name), reader_inputs(), method=method)
            with wrapper():
                found = fs.analyse(reader_module(name), reader_inputs(), method=method)
                assert found.largest_eigenvalue == expected.largest_eigenvalue
                pd.testing.assert_frame_equal(found.by_layer, expected.by_layer)
                trained = found.check_by_training((0.9,), steps=5)
            pd.testing.assert_frame_equal(trained, expected.check_by_training((0.9,), steps=5))
    assert fs.analyse(found.measurement.function.module.requires_grad_(), reader_inputs()).largest_eigenvalue > 0


@pytest.mark.parametrize("kind", ["weight_norm", "spectral_norm"])
def test_parametrised_weights_are_their_own_parameters(kind):
    module = plain(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 2)).double()
    getattr(nn.utils.parametrizations, kind)(module[0])
    found = fs.analyse(module, reader_inputs(), method="products")
    assert "0.parametrizations.weight.original" in " ".join(found.by_layer["parameter"])
    again = fs.analyse(module, reader_inputs(), method="dual_matrix")
    assert found.largest_eigenvalue == pytest.approx(again.largest_eigenvalue, rel=1e-9)


def test_a_shared_parameter_stands_once():
    module = reader_module("tied")
    found = fs.analyse(module, reader_inputs())
    assert list(found.by_layer["parameters"]) == [36, 6, 6]


class Draws(nn.Linear):
    def forward(self, x):
        return super().forward(x) + 0.1 * torch.randn(1, dtype=x.dtype)


class Gives(nn.Module):
    """Gives what a function makes of the outputs."""

    def __init__(self, function):
        super().__init__()
        self.linear, self.function = nn.Linear(6, 3), function

    def forward(self, x):
        return self.function(self.linear(x))


class Company(nn.Module):
    """A sample's outputs depend on the mean over all samples."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(6, 3)

    def forward(self, x):
        h = self.linear(x)
        return torch.tanh(h - h.mean(0))


def frozen(module):
    return module.requires_grad_(False)


def with_nan(module):
    with torch.no_grad():
        module.weight[0, 0] = float("nan")
    return module


def mixed():
    return plain(nn.Linear(6, 5), nn.Linear(5, 2).double())


REFUSED = {
    "no module": (lambda: lambda x: x, TypeError, "model = .*: must be a torch.nn.Module"),
    "no parameters": (nn.Tanh, ValueError, "model: Tanh has no trainable parameters$"),
    "all frozen": (lambda: frozen(nn.Linear(6, 2)), ValueError, r"no trainable parameters \(2 are frozen"),
    "complex": (lambda: nn.Linear(6, 2, dtype=torch.complex64), TypeError, "weight is torch.complex64; must be real"),
    "half": (lambda: nn.Linear(6, 2).half(), TypeError, "weight is torch.float16; must be real, torch.float32 or"),
    "lazy": (lambda: nn.LazyLinear(2), ValueError, "weight has no values yet; call the model once"),
    "meta": (lambda: nn.Linear(6, 2, device="meta"), ValueError, "weight has no values yet"),
    "not finite": (lambda: with_nan(nn.Linear(6, 2)), ValueError, "weight holds numbers that are not finite"),
    "two precisions": (mixed, ValueError, "have the dtypes torch.float32, torch.float64; must be one"),
    "dropout": (lambda: plain(nn.Linear(6, 2), nn.Dropout(0.5)), ValueError, r"1 drops units at random \(p = 0.5\)"),
    "attention's dropout": (lambda: nn.TransformerEncoderLayer(6, 2, 8), ValueError, "drops units at random"),
    "draws": (lambda: Draws(6, 2), ValueError, "draws random numbers when it is called"),
    "wrong shape": (lambda: nn.Linear(5, 2), ValueError, r"fails on inputs of shape \(4, 6\), torch.float32 \("),
    "a tuple": (lambda: Gives(lambda y: (y, y)), TypeError, "model: returns tuple; must be a tensor"),
    "a dictionary": (lambda: Gives(lambda y: {"y": y}), TypeError, "model: returns dict; must be a tensor"),
    "a sum": (lambda: Gives(torch.sum), ValueError, r"gives outputs of shape \(\) for 4 samples"),
    "fewer samples": (lambda: Gives(lambda y: y[1:]), ValueError, r"gives outputs of shape \(3, 3\) for 4 samples"),
    "classes": (lambda: Gives(lambda y: y.argmax(1)), ValueError, "gives outputs of torch.int64; must be torch.float"),
    "detached": (lambda: Gives(torch.detach), ValueError, "its outputs cannot be differentiated by its parameters"),
    "infinite": (lambda: Gives(lambda y: y / 0.0), ValueError, "its outputs hold numbers that are not finite"),
    "no outputs": (lambda: Gives(lambda y: y[:, :0]), ValueError, r"gives outputs of shape \(4, 0\); a sample must"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_function_of_real_parameters_is_refused_in_one_line(name):
    make, kind, message = REFUSED[name]
    with pytest.raises(kind, match=message) as caught:
        fs.analyse(make(), torch.ones(4, 6))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_infinite_derivatives_are_refused():
    module = Gives(lambda y: torch.sqrt(y - y.detach()))
    for method in ("dual_matrix", "products"):
        with pytest.raises(ValueError, match="derivatives of its outputs hold numbers that are not finite"):
            fs.analyse(module, torch.ones(4, 6), method=method)


# ---------------------------------------------------------------------------------------------------------------------
# Samples that depend on each other


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (Company(), "outputs of a sample change by"),
        (plain(nn.Linear(6, 3), nn.BatchNorm1d(3)), r"batch normalisation \(1\) takes its mean and variance"),
        (plain(nn.Linear(6, 3), nn.BatchNorm1d(3, track_running_stats=False)).eval(), "batch normalisation"),
    ],
)
def test_samples_that_interact_are_one_batch_and_it_is_said(module, reason):
    found = fs.analyse(module.double(), reader_inputs(20))
    assert found.measurement.function.interacting
    assert found.notes[0].startswith("Samples interact: ")
    assert "All 20 of them are one batch" in found.notes[0]
    assert re.search(reason, found.notes[0])


@pytest.mark.parametrize("name", sorted(set(MAKERS) - {"batch_norm_training"}))
def test_other_modules_treat_each_sample_by_itself(name):
    for dtype in (torch.float32, torch.float64):
        found = fs.analyse(reader_module(name, dtype), reader_inputs(20, dtype=dtype))
        assert not found.measurement.function.interacting


def test_one_batch_that_does_not_fit_into_memory_is_refused():
    module = plain(nn.Linear(6, 400), nn.BatchNorm1d(400), nn.Linear(400, 1))
    with pytest.raises(fs.UserError, match="data: one batch of all 3000 samples needs about"):
        fs.analyse(module, torch.randn(3000, 6), memory_mb=2)
    assert fs.analyse(module.eval(), torch.randn(3000, 6), memory_mb=2, method="products").largest_eigenvalue > 0
