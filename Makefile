# The front door. Each target sets up `.venv` from the pinned requirements when it has to, then calls Snakemake.
SHELL := /bin/bash
PYTHON ?= python3
SCALE ?= laptop
CORES ?= all
PROFILE ?= default
TARGET ?= all
EXACT ?=
FROM ?=
AUDIT ?= 3
MUTANTS ?=
SEEDS ?= 1 2 3 4
ROUNDS ?= 5
ONLY ?=

BIN := .venv/bin
READY := .venv/ready
MODE = $(if $(EXACT), --exact)
RESULTS = results/$(SCALE)$(if $(EXACT),-exact)
RUN = $(BIN)/python scripts/tools/run_workflow.py --scale $(SCALE) --cores $(CORES) --profile $(PROFILE)$(MODE)

# Without byte code on disk, as containers often have it, every job would compile what it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup figures paper plan status adopt report crate validate-crate why gallery coverage docs metadata metadata-check graph check check-seeds references test test-quick test-exact test-gpu test-mutants test-profiles test-storage test-packaging test-faults test-cluster test-cluster-faults lint bench bench-alternatives clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  options: SCALE=smoke|laptop|paper  CORES=<n>  TARGET=<figure, table or file>  EXACT=1  PROFILE=default|gpu|slurm|sge|lsf|htcondor|cluster-generic|ci"

setup: $(READY) ## make the environment .venv from the pinned requirements

$(READY): envs/requirements.txt envs/requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("error: Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name another with PYTHON=<path>" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "error: $(PYTHON) lacks venv; install it (on Debian: apt-get install python3-venv)"; exit 1; }
	@echo "Setting up .venv (some minutes, once) ..."
	@rm -f $(READY)
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r envs/requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m fisher_spectra.training.compile_ahead
	@touch $(READY)

figures: $(READY) ## every figure and table (SCALE=laptop unless given); TARGET=karakida_fig1 makes one
	@$(RUN) $(TARGET)

paper: $(READY) ## the same at the papers' own settings; uses a GPU where there is one and downloads the data sets
	@$(BIN)/python scripts/tools/run_workflow.py --scale paper --cores $(CORES) --profile $(PROFILE)$(MODE) $(TARGET)

plan: $(READY) ## what SCALE will take, before anything runs: jobs, hours, memory and disk of each figure
	@$(BIN)/python scripts/tools/plan.py --scale $(SCALE) --profile $(PROFILE)$(MODE)

status: $(READY) ## how far the run in this folder is, from any terminal; if none is under way, what is left to do
	@$(BIN)/python scripts/tools/status.py --scale $(SCALE)$(MODE) $(TARGET)

adopt: $(READY) ## take over tables computed elsewhere: FROM=<folder like results/paper>, AUDIT=<parts computed anew>
	@$(BIN)/python scripts/tools/adopt.py "$(FROM)" --scale $(SCALE)$(MODE) --audit $(AUDIT)

report: $(READY) ## one HTML file with every figure, caption, claim and run time: results/SCALE/report.html
	@$(RUN) all pages --report $(RESULTS)/report.html --report-after-run --report-stylesheet report/style.css

why: $(READY) ## what would make TARGET run again, in words: which changed file, setting or package
	@$(BIN)/python scripts/tools/why.py --scale $(SCALE)$(MODE) $(TARGET)

crate: $(READY) ## pack a finished run of SCALE as an RO-Crate: results/SCALE/crate.zip
	@$(BIN)/python scripts/tools/make_crate.py --scale $(SCALE)$(MODE)

validate-crate: .venv/packaging/ready ## pack SCALE and hold it against the profiles of RO-Crates with a public validator
	@$(BIN)/python scripts/tools/make_crate.py --scale $(SCALE)$(MODE)
	@.venv/packaging/bin/python scripts/tools/validate_crate.py $(RESULTS)/crate.zip

.venv/packaging/ready: $(READY) envs/requirements-packaging.txt
	@echo "Setting up .venv/packaging ..."
	@rm -rf .venv/packaging
	@$(BIN)/python -m venv .venv/packaging
	@.venv/packaging/bin/python -m pip install --quiet --disable-pip-version-check -r envs/requirements-packaging.txt
	@touch $@

gallery: $(READY) ## draw the pictures of README.md anew from the committed tables, count its claims, list all figures; needs no run
	@$(BIN)/python scripts/tools/make_gallery.py
	@$(BIN)/python scripts/tools/write_gallery_page.py

coverage: $(READY) ## write docs/coverage.md anew: each item of the papers with its claims or why it has none; needs no run
	@$(BIN)/python scripts/tools/write_coverage.py

docs: .venv/docs/ready ## build the documentation site, docs/_build/html, without a warning, and look at it in a browser
	@$(BIN)/python scripts/tools/site_pictures.py docs/_build/drawn/gallery
	@rm -rf docs/_build/html docs/_build/doctrees docs/reference
	@.venv/docs/bin/python -m sphinx --builder html --fail-on-warning --keep-going --quiet --doctree-dir docs/_build/doctrees docs docs/_build/html
	@.venv/docs/bin/python -m pytest tests/site/built_site.py $(PYTEST)
	@echo "The site: docs/_build/html/index.html"

metadata: $(READY) ## write codemeta.json and .zenodo.json anew from CITATION.cff, and compare the package with it
	@$(BIN)/python scripts/tools/write_metadata.py

metadata-check: $(READY) ## nothing differs from CITATION.cff, nor from the TAG and the address (REPOSITORY) of a release
	@$(BIN)/python scripts/tools/write_metadata.py --check $(if $(TAG),--tag "$(TAG)" --repository "$(REPOSITORY)")

graph: $(READY) ## draw docs/rulegraph.svg, the graph of all rules
	@$(BIN)/python scripts/tools/draw_rulegraph.py

check: $(READY) ## recompute SCALE and compare every table with the references, and every claim's verdict; EXACT=1: bytes
	@$(RUN) all
	@$(BIN)/python $(if $(EXACT),scripts/tools/check_exact.py,scripts/tools/check_regeneration.py) --scale $(SCALE)

check-seeds: $(READY) ## judge every claim of SCALE from other root seeds (SEEDS="1 2 3 4"): each a run of all its tables
	@$(BIN)/python scripts/tools/check_seeds.py --scale $(SCALE)$(MODE) --cores $(CORES) --seeds $(SEEDS)

references: $(READY) ## take the tables of SCALE as the new references and print what changes; EXACT=1: their bytes
	@$(RUN) all
	@$(BIN)/python $(if $(EXACT),scripts/tools/check_exact.py --write,scripts/tools/update_references.py) --scale $(SCALE)
	@[ "$(SCALE)" != laptop ] || [ -n "$(EXACT)" ] || $(BIN)/python scripts/tools/write_errata.py
	@[ "$(SCALE)" = smoke ] || [ -n "$(EXACT)" ] || $(BIN)/python scripts/tools/make_gallery.py

# Three workers keep two cores busy, since many tests wait; one thread each, or they get into each other's way.
# Snakemake would ask a Slurm that is installed here but does not answer for ten seconds, each of the many times it starts.
test: $(READY) ## the test suite
	@SLURM_CONF=/dev/null OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(PYTEST)

test-quick: $(READY) ## the unit tests of what changed since the last commit's parent, the nearest first, a minute at most
	@SLURM_CONF=/dev/null OMP_NUM_THREADS=1 $(BIN)/python scripts/tools/quick_tests.py $(PYTEST)

test-exact: $(READY) ## the smoke scale's jobs as three emulated processors and as this one (qemu-user): the same bytes; hours
	@$(BIN)/python -c 'import shutil, sys; sys.exit(0 if shutil.which("qemu-x86_64") else "error: qemu-x86_64 is not here; install it (on Debian: apt-get install qemu-user)")'
	@SLURM_CONF=/dev/null EXACT_PROCESSORS=all $(BIN)/python -m pytest tests/exact $(PYTEST)

test-gpu: $(READY) ## what runs on a GPU gives what the CPU gives (needs one)
	@$(BIN)/python -c 'import sys, torch; sys.exit(0 if torch.cuda.is_available() else "error: PyTorch finds no CUDA device here")'
	@$(BIN)/python -m pytest tests/test_gpu.py $(PYTEST)

test-mutants: .venv/mutants/ready ## mutation testing of theory and statistics: which small faults no test notices (two hours; MUTANTS=<names>)
	@$(BIN)/python scripts/tools/mutation_testing.py $(foreach name,$(MUTANTS),'$(name)')

test-profiles: .venv/cluster/ready ## a figure through the profiles of SGE, PBS, LSF and HTCondor, their commands (scripts/tools/cluster_job.py) stood in for
	@SLURM_CONF=/dev/null .venv/cluster/bin/python -m pytest tests/workflow/test_cluster_profiles.py $(PYTEST)

test-packaging: .venv/packaging/ready ## build wheel and source archive (dist/), try them in an empty environment; deployment as a module
	@rm -rf dist
	@SLURM_CONF=/dev/null PACKAGING="$(CURDIR)/.venv/packaging/bin" $(BIN)/python -m pytest tests/repository/test_distributions.py $(PYTEST)

test-storage: .venv/storage/ready ## the smoke scale with its files in an object store: a local server that speaks S3
	@SLURM_CONF=/dev/null .venv/storage/bin/python -m pytest tests/workflow/test_object_store.py $(PYTEST)

# Tools that nothing else here needs: each environment sees the packages of .venv and adds its own, so that no other target
# runs with them.
.venv/mutants/ready .venv/docs/ready .venv/cluster/ready .venv/storage/ready .venv/benchmarks/ready: .venv/%/ready: $(READY) envs/requirements-%.txt
	@echo "Setting up .venv/$* ..."
	@rm -rf .venv/$*
	@$(BIN)/python -m venv .venv/$*
	@$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > "$$(.venv/$*/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/environment.pth"
	@.venv/$*/bin/python -m pip install --quiet --disable-pip-version-check -r envs/requirements-$*.txt
	@touch $@

test-faults: $(READY) ## kill local runs at 20 random moments, fill the disk: the next run carries on
	@FAULT_MOMENTS=20 $(BIN)/python -m pytest tests/workflow/test_kills.py tests/workflow/test_storage_faults.py tests/workflow/test_damaged_results.py tests/workflow/test_schema_walk.py tests/test_fuzz_readers.py $(PYTEST)

test-cluster: $(READY) ## run the smoke scale through a real Slurm on this machine (as root, Debian)
	@$(BIN)/python tests/cluster/run_tests.py run

test-cluster-faults: $(READY) ## what happens to clusters, on the same Slurm: lost nodes, killed jobs, no controller
	@$(BIN)/python tests/cluster/run_tests.py faults

lint: $(READY) ## ruff, mypy, the contracts between rooms, snakefmt and snakemake --lint
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy src scripts tests/helpers tests/oracles benchmarks/write_page.py benchmarks/benchmark_page
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/snakefmt --check Snakefile rules workflow/Snakefile tests/workflow/using_module/Snakefile
	@SLURM_CONF=/dev/null $(BIN)/snakemake --lint

# With the alternatives where `make bench-alternatives` has installed them.
bench: $(READY) ## time and memory against what a user would pick: docs/benchmarks.md (ROUNDS=5; ONLY="dual_fisher start", ...)
	@$(firstword $(wildcard .venv/benchmarks/bin/python) $(BIN)/python) benchmarks/write_page.py --rounds $(ROUNDS) $(if $(ONLY),--only $(ONLY))

bench-alternatives: .venv/benchmarks/ready .venv/neural-tangents/ready ## install what `make bench` compares with, in environments of their own

# Without dependencies, TensorFlow among them: the list is complete.
.venv/neural-tangents/ready: $(READY) envs/requirements-neural-tangents.txt
	@echo "Setting up .venv/neural-tangents ..."
	@rm -rf .venv/neural-tangents
	@$(BIN)/python -m venv .venv/neural-tangents
	@.venv/neural-tangents/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r envs/requirements-neural-tangents.txt
	@touch $@

clean: ## remove the results of SCALE (the environment and downloaded data stay)
	@case "$(SCALE)" in smoke|laptop|paper) rm -rf "$(RESULTS)" ;; \
	*) echo "error: SCALE = '$(SCALE)': must be one of smoke, laptop, paper" >&2; exit 1 ;; esac
