"""Speeds and sizes that all estimates share, and the time limit that follows from an estimate.

Measured in CPU time on one core of an AMD EPYC with Zen 5, numpy and torch with their own BLAS and its instructions for
AVX-512. The rates of before, of Zen 3 at 2.5 GHz, were half of these.
"""

from __future__ import annotations

import math

MB = 1e6
FLOAT32, FLOAT64 = 4, 8  # bytes

# Operations are additions and multiplications. A product of square matrices does 2 M^3 of them.
DOUBLE_RATE = 8.5e10  # operations a second of products in double precision: 8.5e10 at M = 128, 1.0e11 at M = 2000
SINGLE_RATE = 1.8e11  # the same in single precision: 1.9e11 to 2.4e11; 2.0e11 for 100 rows times a square matrix
# All eigenvalues of a symmetric matrix, 4/3 M^3: 7e9 at M = 128, 1.9e10 at M = 400, 2.9e10 from M = 1000 on.
EIGENVALUES_RATE = 2.9e10
QR_RATE = 5e10  # an orthogonal matrix from a Gaussian one, 8/3 M^3: 4.5e10 at M = 400, 5.4e10 at M = 2000
STREAM_RATE = 2.8e10  # bytes a second that matrix-vector products read from memory
NORMAL_SECONDS = 9e-9  # one normal number in double precision: 8.7 to 9.7 ns

START_SECONDS = 1.0  # Python with numpy, scipy and pandas
TORCH_START_SECONDS = 2.0  # the same with torch
# A figure, or a table from its parts, where nothing else is known of it. 0.5 to 6 s at smoke and laptop scale.
SHORT_SECONDS = 2.0
# On a GPU of the data-centre kind, for plans: what a job needs to begin (CUDA, and the data set on the GPU), and the
# speed over that on one core. One H200, all training of the paper scale, up to four jobs at a time: 1000 s for 51 jobs,
# 400 of them to begin, where one core is estimated 25500 s.
GPU_START_SECONDS = 8.0
GPU_SPEEDUP = 40.0

# Resident memory of a job that has imported numpy, scipy and pandas and done nothing yet: 85 to 125 MB were recorded.
# 208 MB were where Snakemake looked while the job started another program (git): both are counted, with one memory.
BASE_MB = 250
# The same with torch, whose libraries are mapped in part: 290 to 360 MB.
TORCH_BASE_MB = 420
# What the compiler of training loops takes besides, where it finds none that are compiled already: 55 MB and more.
COMPILER_MB = 100
# The host's memory for the CUDA runtime and its libraries.
CUDA_HOST_MB = 3000
TABLE_MB = 280  # a table of some thousand rows: 90 to 125 MB
FIGURE_MB = 400  # matplotlib with both formats of a figure: 180 to 290 MB

_ROW_MB = 7e-4  # a row of a table, with its texts, while parts are put together

# Room for a machine several times slower, busy neighbours and a slow file system: a limit is no estimate.
_LIMIT_FACTOR = 4.0
_LIMIT_MINUTES = 10


def limit_minutes(seconds: float, attempt: int = 1) -> int:
    """Time limit of a job, in minutes; more at each attempt."""
    return attempt * math.ceil(_LIMIT_MINUTES + _LIMIT_FACTOR * seconds / 60)


def haar_seconds(width: int) -> float:
    """Time of one Haar distributed orthogonal matrix: a Gaussian matrix and its QR decomposition."""
    return NORMAL_SECONDS * width**2 + 8 / 3 * width**3 / QR_RATE


def eigenvalues_seconds(order: int) -> float:
    """Time of all eigenvalues of a symmetric matrix; small ones cost several times what operations count."""
    return 4 / 3 * order**3 / EIGENVALUES_RATE * (1 + 8 / (1 + order / 50))


def table_mb(rows: int) -> int:
    """Memory of putting parts with so many rows together, in MB."""
    return round(TABLE_MB + _ROW_MB * rows)
