"""Spectra of the Fisher information matrix of neural networks: theory, sampling and training."""

__version__ = "0.1.0"
