"""Values of the losses are PyTorch's, and the roots are those of their second derivatives."""

from __future__ import annotations

import pytest
import torch
from explicit_gauss_newton import loss_hessians

from fisher_spectra.measurement.losses import LOSSES, Loss, checked_loss, loss_of

F = torch.nn.functional


def normal(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", LOSSES)
def test_the_root_times_its_transpose_is_the_second_derivative(name):
    outputs = 3.0 * normal(5, 4)
    loss = Loss(name, 5, 4)
    prepared = loss.prepare(outputs)
    units = torch.eye(4, dtype=torch.float64)[:, None, :].expand(4, 5, 4)
    root = loss.root(units, prepared).permute(1, 2, 0)  # B of each sample
    torch.testing.assert_close(root @ root.mT, loss_hessians(outputs, name))
    transposed = loss.root_transposed(units, prepared).permute(1, 2, 0)
    torch.testing.assert_close(transposed, root.mT)


def test_values_are_those_of_pytorch():
    outputs, target = normal(6, 3), normal(6, 3, seed=1)
    torch.testing.assert_close(Loss("mse", 6, 3).value(outputs, target), F.mse_loss(outputs, target))
    torch.testing.assert_close(Loss("half_sum", 6, 3).value(outputs, target), 1.5 * F.mse_loss(outputs, target))
    probabilities = torch.softmax(target, 1)
    entropy = -(probabilities * torch.log(probabilities)).sum() / 6
    expected = F.cross_entropy(outputs, probabilities) - entropy
    torch.testing.assert_close(Loss("cross_entropy", 6, 3).value(outputs, torch.log(probabilities)), expected)
    classes = torch.tensor([0, 1, 2, 0, 1, 2])
    unit = torch.log(F.one_hot(classes, 3).double())
    found = outputs.clone().requires_grad_()
    value = Loss("cross_entropy", 6, 3).value(found, unit)
    torch.testing.assert_close(value, F.cross_entropy(outputs, classes))
    value.backward()
    assert bool(torch.isfinite(found.grad).all())


def test_the_cross_entropy_beside_its_minimum_keeps_its_digits():
    outputs = normal(6, 3)
    shift = 1e-8 * normal(6, 3, seed=1)
    value = Loss("cross_entropy", 6, 3).value(outputs + shift, torch.log_softmax(outputs, 1))
    expected = 0.5 * torch.einsum("tc,tcd,td->", shift, loss_hessians(outputs, "cross_entropy"), shift)
    torch.testing.assert_close(value, expected, rtol=1e-6, atol=0.0)


def test_a_name_or_outputs_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="loss = 'l1': must be mse, half_sum or cross_entropy"):
        checked_loss("l1")
    for outputs in (torch.ones(4, 1), torch.ones(4)):
        with pytest.raises(ValueError, match="loss = 'cross_entropy': needs at least two outputs"):
            loss_of("cross_entropy", outputs, 4)
    assert loss_of("mse", torch.ones(4), 9) == Loss("mse", 9, 1)
