# Data sets: fetched and verified once, whatever the scale.
from shlex import quote


# nodes of a cluster often have no internet
localrules:
    fetch_dataset,


rule fetch_dataset:
    input:
        # the checksum of the content is verified, so an edit of the code is no reason for another download
        code=ancient(code("data/fetch_dataset.py")),
    output:
        data="results/data/{dataset}.npz",
        record="results/data/{dataset}.source.json",
    log:
        "results/data/{dataset}.log",
    benchmark:
        "results/data/{dataset}.tsv"
    wildcard_constraints:
        dataset="mnist|fashion_mnist|cifar10",
    retries: 0
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1500,
        runtime=60,
        estimated_seconds=120,  # 170 MB at most
    params:
        script="scripts/data/fetch_dataset.py",
        # no option without a value: Snakemake's own quoting leaves nothing of an empty text
        mirror=(
            f"--mirror {quote(config['data_mirror'])}" if config["data_mirror"] else ""
        ),
    message:
        "Fetching {wildcards.dataset}, from data_mirror or DATA_MIRROR where given"
    shell:
        "python {params.script} --dataset {wildcards.dataset} --output {output.data}"
        " {params.mirror} --log {log}"
