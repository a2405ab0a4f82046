# Fisher information spectra of neural networks: every figure and table of three papers, and whether they hold.
#
#   snakemake                       every figure and table at laptop scale (the same as `make figures`)
#   snakemake karakida_fig1         one figure with its table
#   snakemake --config scale=smoke  everything, tiny, in seconds
from snakemake.utils import min_version

min_version("9.27")


report: "report/workflow.rst"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/karakida.smk"
include: "rules/pennington_worah.smk"
include: "rules/hayase_karakida.smk"
include: "rules/figures.smk"
include: "rules/own.smk"
include: "rules/claims.smk"


rule all:
    default_target: True
    input:
        [getattr(rules, paper).input for paper in PAPERS],
        rules.claims.input,
        rules.own.input,
    message:
        f"Every figure and table is there: {RESULTS}"


include: "rules/report.smk"
include: "rules/progress.smk"
include: "rules/cluster.smk"
