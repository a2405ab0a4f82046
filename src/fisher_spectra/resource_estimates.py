"""What a job takes in memory, estimated before it starts from the sizes of its arrays."""

from __future__ import annotations

# Resident memory of a job that has imported numpy, scipy and pandas and done nothing yet, measured.
BASE_MB = 190
# The same with torch.
TORCH_BASE_MB = 420
_MB = 1e6
_FLOAT64 = 8


def sampled_network_mb(depth: int, width: int, samples: int, outputs: int, *, all_eigenvalues: bool = False) -> int:
    """Memory of sampling one network with its dual Fisher matrix, in MB.

    Parameters
    ----------
    depth, width, samples, outputs
        L, M (of the input and every hidden layer), T and C.
    all_eigenvalues
        Whether the dual matrix is decomposed in full.
    """
    weights = depth * width * width
    signals = (2 * depth + 1) * samples * width + 2 * outputs * samples * width  # u, h of all layers, two deltas
    order = outputs * samples
    # beyond several outputs the statistics come from layer products, not from the matrix (`dual_fisher`)
    matrix = order * order if outputs == 1 or all_eigenvalues else min(order * order, depth * outputs * samples * width)
    numbers = weights + signals + (3 if all_eigenvalues else 2) * matrix
    return round(BASE_MB + _FLOAT64 * numbers / _MB)
