"""The kinds of layers by name, for configurations and tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pkgutil import iter_modules

import numpy as np

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.common.arguments import check_integer, check_type, real_array, shown
from fisher_spectra.layers import kinds
from fisher_spectra.layers.kinds import *  # noqa: F403 - so the fingerprints of code take in every module of the folder
from fisher_spectra.layers.protocol import LayerKind
from fisher_spectra.layers.stack import LayerStack


def layer_kinds() -> dict[str, Callable[..., LayerKind]]:
    """Class of each kind, by its `kind`: called with width, activation, sigma_w2, sigma_b2 and ``biases=``.

    Examples
    --------
    >>> sorted(fs.layer_kinds())
    ['batch_centring', 'batch_norm', 'dense', 'layer_norm', 'residual']
    """
    found: dict[str, Callable[..., LayerKind]] = {}
    for one in iter_modules(kinds.__path__):
        module = import_module(f"{kinds.__name__}.{one.name}")
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__ and hasattr(value, "kind"):
                found[value.kind] = value
    return found


def layer_stack(
    widths: Sequence[int],
    names: Sequence[str],
    activations: Sequence[Activation | str],
    sigma_w2: Sequence[float],
    sigma_b2: Sequence[float],
    *,
    biases: bool = True,
) -> LayerStack:
    """Layers by the names of their kinds.

    Parameters
    ----------
    widths
        M_0 .. M_L = C.
    names
        Kinds of the L layers, as in :func:`layer_kinds`.
    activations
        phi_1 .. phi_{L-1}, of the hidden layers.
    sigma_w2, sigma_b2
        L variances each.
    biases
        Whether the biases are parameters of F.

    Raises
    ------
    ValueError
        If there is no kind of that name, or there are too few or too many of something.

    Examples
    --------
    >>> fs.layer_stack((9, 9, 9, 1), ("dense", "residual", "dense"), ("relu",) * 2, (2.0,) * 3, (0.0,) * 3).depth
    3
    """
    kind, known = "a sequence", layer_kinds()
    check_type("names", names, (list, tuple), f"{kind} of {', '.join(sorted(known))}")
    check_type("activations", activations, (list, tuple), f"{kind} of activations")
    sizes, w2, b2 = (
        np.atleast_1d(real_array(name, value)).tolist()
        for name, value in (("widths", widths), ("sigma_w2", sigma_w2), ("sigma_b2", sigma_b2))
    )
    depth = len(names)
    for title, given, number in (
        ("widths", sizes, depth + 1),
        ("activations", activations, depth - 1),
        ("sigma_w2", w2, depth),
        ("sigma_b2", b2, depth),
    ):
        if len(given) != number:
            raise ValueError(f"{title} = {shown(given)}: must be {number} for {depth} layers of names")
    for name in names:
        if not isinstance(name, str) or name not in known:
            raise ValueError(f"names: {shown(name)}: must be one of {', '.join(sorted(known))}")
    whole = [check_integer("widths", int(width) if float(width).is_integer() else width, 1) for width in sizes]
    every = zip(names, whole[1:], ("linear", *activations), w2, b2, strict=True)
    return LayerStack(
        whole[0], tuple(known[name](width, phi, w2, b2, biases=biases) for name, width, phi, w2, b2 in every)
    )
