"""Eigenvalues of large symmetric matrices and distances between spectra, whatever the matrix is.

Not here: matrices of networks (`networks`, `pennington_worah`, `hayase_karakida`).
"""
