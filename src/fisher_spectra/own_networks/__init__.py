"""The reader's own network, as the section ``own`` of the configuration describes it: its theory and what is sampled.

- `description`: widths, activation, variances, initialisation; the network of other widths;
- `inputs`: the samples it sees, Gaussian ones or data;
- `losses`: what a loss makes of the Fisher matrix, and the critical learning rate;
- `bulk_of_outputs`: the predicted spectrum of several outputs; `eigenvalue_bins`: where eigenvalues are counted;
- `moments`: theory of mean, second moment and maximum; `layer_variables`: sampled order parameters of each layer.

Not here: the theory of finite widths itself (`finite_size`), sampling (`networks.layered`), training (`training.grid`),
how the work is cut into jobs (`workflow`).
"""
