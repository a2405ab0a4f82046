"""The curvature of the reader's own network as it is: any `torch.nn.Module`, its data and its loss. Needs PyTorch.

The Gauss-Newton matrix of a loss is G = A^T A, where A (`curvature`) is the Jacobian of all outputs at all samples
times what the loss makes of it (`losses`); the Fisher matrix of the papers is one of them. Products with A and its
transpose, its dual matrix A A^T, eigenvalues, density, and the share of each parameter follow from A alone.
Not here: what theory says about such a network (`finite_size`, put together in `analysis`), pictures (`plotting`).
"""
