"""Theory of Pennington and Worah (2018): spectrum of the Fisher matrix of a network with one hidden layer.

The network is ``W2 f(W1 x)`` with square n x n weights of variance 1/n and standard Gaussian inputs; its Fisher
matrix has 2 n^2 eigenvalues. How networks of finite width approach the limit: ``docs/spectra_at_finite_width.md``. All
averages over eigenvalues here divide by 2 n^2 (the paper prints 1/n).
"""
