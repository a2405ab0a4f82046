"""Data sets: where they come from, how they are checked, and how they become network inputs and targets.

Import from the modules themselves; nothing is re-exported here, so that an edit of the download code reruns the
download and not every training job that reads a data set.

- `loading`: `Dataset` and `load_dataset`, for fetched data sets, the embedded digits and a user's own file;
- `preprocessing`: normalisation of inputs, uniform subsampling;
- `overlaps`: mean overlap and second moment of inputs, overlap matrix;
- `labels`: one-hot targets and orthogonal label vectors;
- `fetching`: `fetch_dataset`, which makes one verified file out of a download or a mirror folder;
- `registry`: the published files with their addresses and checksums;
- `idx`, `cifar10`, `digits`, `npz`, `user_data`: one reader for each format;
- `download`: one file over HTTP.
"""
