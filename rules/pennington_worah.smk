# Pennington, Worah 2018: the Fisher information of one hidden layer, sampled networks beside its limiting spectrum.
from fisher_spectra.workflow.plans.pennington_worah import BLOCKS, PenningtonWorahPlan

PW = PenningtonWorahPlan(config["pennington_worah"], site)


# less than a minute at paper scale: not worth a place in a queue
stay_here(
    "pennington_sample_small_eigenvalues",
    "pennington_sample_linear_eigenvalues",
    "pennington_sample_narrow_quadratures",
)


rule pennington_sample_eigenvalues:
    input:
        code=code("pennington_worah/sample_eigenvalues.py"),
    output:
        table=cells("pennington_{experiment}/{nonlinearity}/all/{blocks}.csv"),
        provenance=cells("pennington_{experiment}/{nonlinearity}/all/{blocks}.json"),
    log:
        logs("pennington_{experiment}/{nonlinearity}/all/{blocks}"),
    benchmark:
        costs("pennington_{experiment}/{nonlinearity}/all/{blocks}")
    wildcard_constraints:
        experiment="fig1|singularities",
        nonlinearity="erf_1|all",
        blocks=BLOCKS,
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(PW.dense_mb),
        runtime=asks.time_limit(PW.dense_seconds),
        estimated_seconds=asks.seconds(PW.dense_seconds),
    params:
        script="scripts/pennington_worah/sample_eigenvalues.py",
        settings=settings(
            "pennington_worah/sample_eigenvalues.py",
            experiment="pennington_{experiment}",
            nonlinearities=PW.nonlinearities,
            blocks=PW.dense_blocks,
            linear_by_structure=PW.linear_by_structure,
            device=PW.dense_device,
        ),
    message:
        "{wildcards.experiment}: all eigenvalues of {wildcards.nonlinearity} networks, {wildcards.blocks}"
    shell:
        COMPUTE


use rule pennington_sample_eigenvalues as pennington_sample_small_eigenvalues with:
    wildcard_constraints:
        experiment="fig2",
        nonlinearity="erf_1",
        blocks=BLOCKS,


use rule pennington_sample_eigenvalues as pennington_sample_linear_eigenvalues with:
    wildcard_constraints:
        experiment="fig1",
        nonlinearity="linear",
        blocks=BLOCKS,


rule pennington_sample_quadratures:
    input:
        code=code("pennington_worah/sample_quadratures.py"),
    output:
        table=cells("pennington_{experiment}/{nonlinearity}/lanczos/{blocks}.csv"),
        provenance=cells("pennington_{experiment}/{nonlinearity}/lanczos/{blocks}.json"),
    log:
        logs("pennington_{experiment}/{nonlinearity}/lanczos/{blocks}"),
    benchmark:
        costs("pennington_{experiment}/{nonlinearity}/lanczos/{blocks}")
    wildcard_constraints:
        experiment="fig2|edges",
        nonlinearity="[a-z][a-z0-9_]*",
        blocks=BLOCKS,
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(PW.lanczos_mb),
        runtime=asks.time_limit(PW.lanczos_seconds),
        estimated_seconds=asks.seconds(PW.lanczos_seconds),
    params:
        script="scripts/pennington_worah/sample_quadratures.py",
        settings=settings(
            "pennington_worah/sample_quadratures.py",
            "pennington_worah.{experiment}",
            "pennington_worah",
            experiment="pennington_{experiment}_lanczos",
            nonlinearities=PW.nonlinearities,
            blocks=PW.blocks,
            device=PW.lanczos_device,
        ),
    message:
        "{wildcards.experiment}: matrix-free spectra of {wildcards.nonlinearity} networks, {wildcards.blocks}"
    shell:
        COMPUTE


use rule pennington_sample_quadratures as pennington_sample_narrow_quadratures with:
    wildcard_constraints:
        experiment="fig1",
        nonlinearity="erf_1",
        blocks=BLOCKS,


rule pennington_sample_distances:
    input:
        code=code("pennington_worah/sample_distances.py"),
    output:
        table=cells("pennington_convergence/{blocks}.csv"),
        provenance=cells("pennington_convergence/{blocks}.json"),
    log:
        logs("pennington_convergence/{blocks}"),
    benchmark:
        costs("pennington_convergence/{blocks}")
    wildcard_constraints:
        blocks=BLOCKS,
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(PW.convergence_mb),
        runtime=asks.time_limit(PW.convergence_seconds),
        estimated_seconds=asks.seconds(PW.convergence_seconds),
    params:
        script="scripts/pennington_worah/sample_distances.py",
        settings=settings(
            "pennington_worah/sample_distances.py",
            "pennington_worah.convergence",
            "pennington_worah",
            experiment="pennington_convergence",
            blocks=PW.blocks,
            device=PW.convergence_device,
        ),
    message:
        "convergence: distance of spectra to their limit, {wildcards.blocks}"
    shell:
        COMPUTE


rule pennington_sample_moments:
    input:
        code=code("pennington_worah/sample_moments.py"),
    output:
        table=cells("pennington_moments/networks_{first}-{stop}.csv"),
        provenance=cells("pennington_moments/networks_{first}-{stop}.json"),
    log:
        logs("pennington_moments/networks_{first}-{stop}"),
    benchmark:
        costs("pennington_moments/networks_{first}-{stop}")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(PW.moments_mb),
        runtime=asks.time_limit(PW.moments_seconds),
        estimated_seconds=asks.seconds(PW.moments_seconds),
    params:
        script="scripts/pennington_worah/sample_moments.py",
        settings=settings(
            "pennington_worah/sample_moments.py",
            "pennington_worah.moments",
            "pennington_worah.nonlinearities",
            experiment="pennington_moments",
        ),
    message:
        "moments of networks {wildcards.first} to {wildcards.stop}"
    shell:
        COMPUTE


rule pennington_measure_descent:
    input:
        code=code("pennington_worah/measure_descent.py"),
    output:
        table=cells("pennington_fig3/{family}/networks_{first}-{stop}.csv"),
        provenance=cells("pennington_fig3/{family}/networks_{first}-{stop}.json"),
    log:
        logs("pennington_fig3/{family}/networks_{first}-{stop}"),
    benchmark:
        costs("pennington_fig3/{family}/networks_{first}-{stop}")
    wildcard_constraints:
        family="[a-z][a-z0-9_]*",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(PW.descent_mb),
        runtime=asks.time_limit(PW.descent_seconds),
        estimated_seconds=asks.seconds(PW.descent_seconds),
    params:
        script="scripts/pennington_worah/measure_descent.py",
        settings=settings(
            "pennington_worah/measure_descent.py",
            "pennington_worah.fig3",
            "pennington_worah.fig3.families.{family}",
            experiment="pennington_fig3",
        ),
    message:
        "fig3: one gradient step of the family {wildcards.family}, networks {wildcards.first} to {wildcards.stop}"
    shell:
        COMPUTE
