# Data sets: fetched and verified once, whatever the scale.
from shlex import quote

from fisher_spectra.datasets.registry import DATASETS


# nodes of a cluster often have no internet
localrules:
    fetch_dataset,


def fetching_code(wildcards):
    """The code that makes a data set: the checksums of published files are verified, so no edit is worth a download."""
    dataset = DATASETS[wildcards.dataset]
    record = code("data/fetch_dataset.py", dataset.reader_module)
    return record if dataset.embedded else ancient(record)


def mirror_option(wildcards):
    """Where published files are sought; nothing for an embedded data set."""
    # no option without a value: Snakemake's own quoting leaves nothing of an empty text
    if DATASETS[wildcards.dataset].embedded or not config["data_mirror"]:
        return ""
    return f"--mirror {quote(config['data_mirror'])}"


def fetching_seconds(wildcards):
    """Estimated time: of 170 MB at most, or of what lies in a package."""
    return 2 if DATASETS[wildcards.dataset].embedded else 120


rule fetch_dataset:
    input:
        code=fetching_code,
    output:
        data="results/data/{dataset}.npz",
        record="results/data/{dataset}.source.json",
    log:
        "results/data/{dataset}.log",
    benchmark:
        "results/data/{dataset}.tsv"
    wildcard_constraints:
        dataset="|".join(DATASETS),
    retries: 0
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1500,
        runtime=60,
        estimated_seconds=fetching_seconds,
    params:
        script="scripts/data/fetch_dataset.py",
        mirror=mirror_option,
    message:
        "Fetching {wildcards.dataset}, from data_mirror or DATA_MIRROR where given"
    shell:
        PYTHON
        + " --dataset {wildcards.dataset} --output {output.data} {params.mirror} --log {log}"
