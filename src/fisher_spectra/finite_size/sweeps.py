"""Networks around one shape: one of its sizes, or the variance of its biases, goes through a list of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fisher_spectra.finite_size.ensemble import scaled_widths


@dataclass(frozen=True)
class Shape:
    """Sizes of a fully connected network and of its data, and what varies beside them.

    Attributes
    ----------
    widths
        M_0, M_1 .. M_{L-1}, C.
    samples
        T.
    sigma_b2
        Variance of the biases.
    """

    widths: tuple[int, ...]
    samples: int
    sigma_b2: float = 0.0

    @property
    def name(self) -> str:
        """The sizes as tables have them, such as ``"784-512-512-256-10"``."""
        return "-".join(map(str, self.widths))


@dataclass(frozen=True)
class SweepPoint:
    """A shape and where it stands: `varied` is ``hidden_scale``, ``samples``, ``outputs`` or ``sigma_b2``."""

    varied: str
    value: float
    shape: Shape


def sweeps(
    *,
    inputs: int,
    hidden: Sequence[int],
    outputs: int,
    samples: int,
    hidden_scales: Sequence[float],
    sample_numbers: Sequence[int],
    output_numbers: Sequence[int],
    bias_variances: Sequence[float],
) -> list[SweepPoint]:
    """Four sweeps around the shape (inputs, hidden, outputs) with T samples and no biases, one after the other.

    Parameters
    ----------
    inputs, hidden, outputs, samples
        M_0, (M_1, .., M_{L-1}), C and T of the shape.
    hidden_scales
        Factors of the hidden widths, which are rounded and at least 1.
    sample_numbers, output_numbers, bias_variances
        Values of T, C and sigma_b^2.
    """
    base = Shape((inputs, *hidden, outputs), samples)
    points = [
        SweepPoint("hidden_scale", float(scale), replace(base, widths=scaled_widths(base.widths, scale)))
        for scale in hidden_scales
    ]
    points += [SweepPoint("samples", float(number), replace(base, samples=number)) for number in sample_numbers]
    points += [
        SweepPoint("outputs", float(number), replace(base, widths=(*base.widths[:-1], number)))
        for number in output_numbers
    ]
    points += [
        SweepPoint("sigma_b2", float(variance), replace(base, sigma_b2=float(variance))) for variance in bias_variances
    ]
    return points


def shapes(points: Sequence[SweepPoint]) -> list[Shape]:
    """Every shape once, in order: the one in the middle belongs to all sweeps."""
    return list(dict.fromkeys(point.shape for point in points))
