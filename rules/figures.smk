# Every figure: its table, its drawing and its target, made from the registry (src/fisher_spectra/workflow/registry).
# In these loops `shell` is one text for all, since it is evaluated when a job runs; what differs goes through `params`.
from fisher_spectra.workflow.registry.figures import every_paper

PAPERS = every_paper(config, site)
FIGURES = {
    name: figure for paper in PAPERS.values() for name, figure in paper.figures.items()
}
CATEGORIES = {
    name: paper.category for paper in PAPERS.values() for name in paper.figures
}
FORMATS = ("png", "pdf", "json")


def parts_of(figure):
    """What the table of a figure is put together from, for targets: Snakemake makes what a target names and is gone."""
    files = [*figure.parts, *figure.predictions]
    return [*files, *sidecars_of(files)]


for name, figure in FIGURES.items():

    rule:
        name:
            f"{name}_table"
        input:
            code=code(figure.table),
            parts=figure.parts,
            sidecars=sidecars_of(figure.parts),
            predictions=figure.predictions,
        output:
            table=table(name),
            provenance=sidecar(name),
        log:
            logs(f"{name}/table"),
        benchmark:
            costs(f"{name}/table")
        conda:
            CONDA
        threads: 1
        resources:
            mem_mb=asks.fixed_memory(figure.table_mb),
            runtime=10,
            estimated_seconds=round(figure.table_seconds),
        params:
            script=f"scripts/{figure.table}",
            settings=settings.of_table(figure.table, figure.sections, name),
        message:
            f"{figure.called}: table"
        shell:
            TABULATE

    rule:
        name:
            f"{name}_figure"
        input:
            code=code(
                "figures/draw_figure.py", f"fisher_spectra.plotting.{figure.plot}"
            ),
            table=table(name),
        output:
            png=report(
                drawn(name, "png"),
                caption=caption(name),
                category=CATEGORIES[name],
                labels={
                    "figure": figure.title,
                    "panels": figure.panels,
                    "scale": config["scale"],
                },
            ),
            pdf=drawn(name, "pdf"),
            provenance=drawn(name, "json"),
        log:
            logs(f"{name}/figure"),
        benchmark:
            costs(f"{name}/figure")
        conda:
            CONDA
        threads: 1
        resources:
            mem_mb=asks.fixed_memory(figure.figure_mb),
            runtime=10,
        params:
            script="scripts/figures/draw_figure.py",
            plot=figure.plot,
        message:
            f"{figure.called}: figure"
        shell:
            DRAW

    rule:
        name:
            name
        input:
            table(name),
            sidecar(name),
            [drawn(name, suffix) for suffix in FORMATS],
            parts_of(figure),
        message:
            f"{figure.called}: table and figure are there"


for paper, entry in PAPERS.items():

    rule:
        name:
            paper
        input:
            [drawn(name, suffix) for name in entry.figures for suffix in FORMATS],
            [place(name) for name in entry.figures for place in (table, sidecar)],
            [parts_of(figure) for figure in entry.figures.values()],
        message:
            f"Every figure and table of {entry.called} is there"
