"""Data sets: where they come from, how they are checked, and how they become network inputs and targets.

- `registry`: the named data sets, the one place that knows their titles, sizes, files, addresses and checksums;
- `loading`: `Dataset`, and `load_dataset` from a file: a fetched one or a user's own; what jobs read;
- `named`: `load_named_dataset`, embedded or fetched before, by its name;
- `preprocessing`: normalisation of inputs, uniform subsampling;
- `overlaps`: mean overlap and second moment of inputs, overlap matrix;
- `labels`: one-hot targets and orthogonal label vectors;
- `fetching`: `fetch_dataset`, which makes one verified file; `finding`: mirror folder, files put by hand, download;
- `readers`: what a reader is; `idx`, `cifar10`, `digits`: one for each format; `verification`: checksums;
- `npz`, `user_data`: files of arrays; `variants`: what has to be said of their samples;
- `download`: one file over HTTP.
"""
