# Data sets: fetched and verified once, whatever the scale.
from fisher_spectra.datasets.registry import DATASETS
from fisher_spectra.workflow.plans.data_sets import (
    fetching_mb,
    fetching_seconds,
    mirror_option,
)

# The code that makes each data set: checksums of published files are verified, so no edit is worth a download.
READING = {
    name: code("data/fetch_dataset.py", dataset.reader_module)
    for name, dataset in DATASETS.items()
}


# nodes of a cluster often have no internet
stay_here("fetch_dataset")


rule fetch_dataset:
    input:
        code=lambda wildcards: (
            READING[wildcards.dataset]
            if DATASETS[wildcards.dataset].embedded
            else ancient(READING[wildcards.dataset])
        ),
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
        mem_mb=fetching_mb,
        runtime=60,
        estimated_seconds=fetching_seconds,
    params:
        script="scripts/data/fetch_dataset.py",
        mirror=lambda wildcards: mirror_option(wildcards.dataset, config["data_mirror"]),
    message:
        "Fetching {wildcards.dataset}, from data_mirror or DATA_MIRROR where given"
    shell:
        FETCH
        + " --dataset {wildcards.dataset} --output {output.data} {params.mirror} --log {log}"
