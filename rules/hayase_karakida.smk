# Hayase, Karakida 2020 and 2021: spectra of the conditional Fisher information near dynamical isometry, online training.
from fisher_spectra.workflow.plans.hayase_karakida import HayaseKarakidaPlan

HK = HayaseKarakidaPlan(config["hayase_karakida"], site)


# at most two minutes at paper scale: not worth a place in a queue
stay_here(
    "hayase_sample_spectra",
    "hayase_sample_theta",
    "hayase_sample_theta_spectra",
)


rule hayase_sample_spectra:
    input:
        code=code("hayase_karakida/sample_spectra.py"),
    output:
        table=cells("hayase_{experiment}/{panel}/networks_{first}-{stop}.csv"),
        provenance=cells("hayase_{experiment}/{panel}/networks_{first}-{stop}.json"),
    log:
        logs("hayase_{experiment}/{panel}/networks_{first}-{stop}"),
    benchmark:
        costs("hayase_{experiment}/{panel}/networks_{first}-{stop}")
    wildcard_constraints:
        experiment="fig1|laws|gaussian|jacobian",
        panel="[a-z]+",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(HK.spectra_mb),
        runtime=asks.time_limit(HK.spectra_seconds),
        estimated_seconds=asks.seconds(HK.spectra_seconds),
    params:
        script="scripts/hayase_karakida/sample_spectra.py",
        settings=settings(
            "hayase_karakida/sample_spectra.py",
            experiment="hayase_{experiment}",
            depths=HK.depths,
            widths=HK.widths,
            hard_tanh=HK.hard_tanh,
            projection_weight=HK.projection_weight,
            sampler=HK.sampler,
        ),
    message:
        "{wildcards.experiment}: spectra of {wildcards.panel} networks {wildcards.first} to {wildcards.stop}"
    shell:
        COMPUTE


rule hayase_sample_theta:
    input:
        code=code("hayase_karakida/sample_theta.py"),
    output:
        table=cells("hayase_fig2/{varied}/networks_{first}-{stop}.csv"),
        provenance=cells("hayase_fig2/{varied}/networks_{first}-{stop}.json"),
    log:
        logs("hayase_fig2/{varied}/networks_{first}-{stop}"),
    benchmark:
        costs("hayase_fig2/{varied}/networks_{first}-{stop}")
    wildcard_constraints:
        varied="L|N",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(HK.theta_mb),
        runtime=asks.time_limit(HK.theta_seconds),
        estimated_seconds=asks.seconds(HK.theta_seconds),
    params:
        script="scripts/hayase_karakida/sample_theta.py",
        settings=settings(
            "hayase_karakida/sample_theta.py",
            "hayase_karakida.fig2",
            "hayase_karakida.activations.isometry",
            experiment="hayase_fig2",
            depths=HK.theta_depths,
            samples=HK.theta_samples,
        ),
    message:
        "fig2: eigenvalues of Theta against {wildcards.varied}, networks {wildcards.first} to {wildcards.stop}"
    shell:
        COMPUTE


rule hayase_sample_theta_spectra:
    input:
        code=code("hayase_karakida/sample_theta_spectra.py"),
    output:
        table=cells("hayase_fig3/networks_{first}-{stop}.csv"),
        provenance=cells("hayase_fig3/networks_{first}-{stop}.json"),
    log:
        logs("hayase_fig3/networks_{first}-{stop}"),
    benchmark:
        costs("hayase_fig3/networks_{first}-{stop}")
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(HK.dense_theta_mb),
        runtime=asks.time_limit(HK.dense_theta_seconds),
        estimated_seconds=asks.seconds(HK.dense_theta_seconds),
    params:
        script="scripts/hayase_karakida/sample_theta_spectra.py",
        settings=settings(
            "hayase_karakida/sample_theta_spectra.py",
            "hayase_karakida.fig3",
            "hayase_karakida.activations.isometry",
            experiment="hayase_fig3",
        ),
    message:
        "fig3: all eigenvalues of Theta, networks {wildcards.first} to {wildcards.stop}"
    shell:
        COMPUTE


rule hayase_sample_depths:
    input:
        code=code("hayase_karakida/sample_depths.py"),
    output:
        table=cells("hayase_depth_limits/{setting}/networks_{first}-{stop}.csv"),
        provenance=cells("hayase_depth_limits/{setting}/networks_{first}-{stop}.json"),
    log:
        logs("hayase_depth_limits/{setting}/networks_{first}-{stop}"),
    benchmark:
        costs("hayase_depth_limits/{setting}/networks_{first}-{stop}")
    wildcard_constraints:
        setting="[a-z]+",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(HK.depth_limits_mb),
        runtime=asks.time_limit(HK.depth_limits_seconds),
        estimated_seconds=asks.seconds(HK.depth_limits_seconds),
    params:
        script="scripts/hayase_karakida/sample_depths.py",
        settings=settings(
            "hayase_karakida/sample_depths.py",
            "hayase_karakida.depth_limits",
            experiment="hayase_depth_limits",
            depths=HK.limit_depths,
            fixed=HK.fixed_hard_tanh,
            epsilon_1=HK.epsilon_1,
            many_inputs=HK.many_inputs,
            deepest=HK.deepest,
        ),
    message:
        "depth_limits: {wildcards.setting} networks {wildcards.first} to {wildcards.stop}"
    shell:
        COMPUTE


rule hayase_train_online:
    input:
        code=code("hayase_karakida/train_online.py"),
        data=where_it_lies(HK.data),
    output:
        table=cells("hayase_{experiment}/L{depths}/rates_{first}-{stop}.csv"),
        provenance=cells("hayase_{experiment}/L{depths}/rates_{first}-{stop}.json"),
    log:
        logs("hayase_{experiment}/L{depths}/rates_{first}-{stop}"),
    benchmark:
        costs("hayase_{experiment}/L{depths}/rates_{first}-{stop}")
    wildcard_constraints:
        experiment="fig4_left|fig4_right|fig4_unit",
        depths=r"\d+(-\d+)*",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(HK.online_mb),
        runtime=asks.time_limit(HK.online_seconds),
        estimated_seconds=asks.seconds(HK.online_seconds),
        training_mb=config["hayase_karakida"]["training"]["memory_mb"],
    params:
        script="scripts/hayase_karakida/train_online.py",
        settings=settings(
            "hayase_karakida/train_online.py",
            "hayase_karakida.{experiment}",
            "hayase_karakida.training",
            "hayase_karakida.activations.isometry",
            experiment="hayase_{experiment}",
            dataset=HK.data,
        ),
    message:
        "{wildcards.experiment}: online training, L = {wildcards.depths}, learning rates {wildcards.first} to {wildcards.stop}"
    shell:
        f"{TRAIN} {FROM_DATA}"


rule hayase_train_spectra:
    input:
        code=code("hayase_karakida/train_spectra.py"),
        data=where_it_lies(HK.data),
    output:
        table=cells("hayase_{experiment}/L{depths}.csv"),
        provenance=cells("hayase_{experiment}/L{depths}.json"),
    log:
        logs("hayase_{experiment}/L{depths}"),
    benchmark:
        costs("hayase_{experiment}/L{depths}")
    wildcard_constraints:
        experiment="fig5",
        depths=r"\d+(-\d+)*",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=asks.memory(HK.trained_spectra_mb),
        runtime=asks.time_limit(HK.trained_spectra_seconds),
        estimated_seconds=asks.seconds(HK.trained_spectra_seconds),
        training_mb=config["hayase_karakida"]["training"]["memory_mb"],
    params:
        script="scripts/hayase_karakida/train_spectra.py",
        settings=settings(
            "hayase_karakida/train_spectra.py",
            "hayase_karakida.{experiment}",
            "hayase_karakida.training",
            "hayase_karakida.activations.isometry",
            experiment="hayase_{experiment}",
            dataset=HK.data,
        ),
    message:
        "{wildcards.experiment}: eigenvalues of H_L after online training, L = {wildcards.depths}"
    shell:
        f"{TRAIN} {FROM_DATA}"
