# `make` alone lists what can be done. Everything runs in .venv, which the first target that needs it makes.

PYTHON ?= python3.11
WORK   ?= $(or $(OMNISHELF_WORK),work)
SOURCE ?= complete-journey
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/ready

# A user's own settings must not leak into the environment; byte code is kept, or every process compiles every library.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV PYTHONDONTWRITEBYTECODE
export PIP_USER := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Variables: WORK=$(WORK) (data, models and tracking), PYTHON=$(PYTHON), ARGS='…' (further options of the command)"

# ------------------------------------------------------------------------------------- environment

.PHONY: env
env: $(READY)  ## Make or refresh .venv from the locked requirements

# Finds a Python of 3.11 or later; prints its name or says what to do.
define find_python
for name in $(PYTHON) python3 python; do \
  $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { found=$$name; break; }; \
done; \
if [ -z "$$found" ]; then \
  echo "No Python 3.11 or later was found (tried $(PYTHON), python3, python). Install one, or name it: make env PYTHON=/path/to/python3.11" >&2; \
  exit 1; \
fi
endef

# uv comes out of the locked file and installs the rest in seconds; where it cannot (an index that only pip
# knows), pip does the same in under a minute. Byte code is left to the first import: compiling everything
# costs more than installing it.
$(READY): requirements.txt pyproject.toml
	@$(find_python); \
	$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || $$found -m venv --clear $(VENV)
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@echo "Installing $$(grep -c == requirements.txt) locked packages into $(VENV) …"
	@sed -n '/^uv==/,/# via/p' requirements.txt > $(VENV)/uv.txt
	@$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r $(VENV)/uv.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.txt \
	  || { echo "uv could not reach the packages; pip takes its turn (about a minute) …"; \
	       $(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements.txt; }
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-compile --editable .
	@touch $@

.PHONY: lock
lock: $(READY)  ## Resolve the dependencies of pyproject.toml again (ARGS=--upgrade for newer versions)
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra demo --extra studies --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --allow-unsafe --custom-compile-command 'make lock' --quiet --output-file requirements.txt $(ARGS)
	@echo 'pyspark>=4,<5' | $(BIN)/uv pip compile - --constraint requirements.txt --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command 'make lock' --quiet --output-file requirements-spark.txt $(ARGS)

.PHONY: clean
clean:  ## Remove the environment and caches; WORK stays
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --------------------------------------------------------------------------------------- use

OMNISHELF := $(BIN)/omnishelf
VERBS     := features train evaluate promote rollback recommend serve doctor

.PHONY: demo
demo: $(READY)  ## From real baskets to answers over HTTP (KEEP=1 leaves the service and MLflow running)
	@$(OMNISHELF) demo --work $(WORK) $(if $(KEEP),--keep) $(ARGS)

.PHONY: ingest
ingest: $(READY)  ## Load purchases (SOURCE=complete-journey, or SOURCE=tables ARGS='--dataset dataset.toml')
	@$(OMNISHELF) ingest $(SOURCE) --work $(WORK) $(ARGS)

.PHONY: $(VERBS)
features:   ## Compute every feature family as of a cutoff (ARGS='--cutoff 2017-12-25')
train:      ## Fit, evaluate, track and register a model
evaluate:   ## Compare the model with its baselines
promote:    ## Put the newest model through the gate and make it the champion
rollback:   ## Go back to the previous champion
recommend:  ## Write recommendations for many customers (ARGS='--customers FILE --out FILE')
serve:      ## Answer requests over HTTP
doctor:     ## Say what works, what is missing, and what to do next
$(VERBS): $(READY)
	@$(OMNISHELF) $@ --work $(WORK) $(ARGS)

CATEGORY ?= COFFEE

.PHONY: report
report: $(READY)  ## Plan a category and write the buyer's report (CATEGORY='COFFEE', ARGS='--rules rules.toml')
	@$(OMNISHELF) assort --category '$(CATEGORY)' --work $(WORK) $(ARGS)

.PHONY: mlflow
mlflow: $(READY)  ## Open MLflow's pages on this machine
	@$(BIN)/python -m training.tracking.mlflow_ui --work $(WORK) $(ARGS)

# ------------------------------------------------------------------------------------------ quality

# The suite starts dozens of processes: without byte code each of them compiles every library anew. Files run in
# the order of their folders, in which those that take longest come first, so that both processes end together.
.PHONY: test
test: $(READY)  ## Run the whole suite (ARGS='-k word' for a part)
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: test-spark
test-spark: $(READY)  ## Install PySpark into .venv and run what needs a Spark session (and Java 17 or later)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-spark.txt
	@$(BIN)/python -m pytest tests/spark $(ARGS)

.PHONY: mutate
mutate: $(READY)  ## Break modules on purpose and see their own tests fail (ARGS='metrics known' for some of them)
	@$(BIN)/python -m tests.mutation $(ARGS)

.PHONY: check
check: $(READY)  ## ruff, ruff format, mypy (strict), import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: format
format: $(READY)  ## Format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

BASE ?= HEAD

.PHONY: against
against: $(READY)  ## Train the code at hand and that of a commit, and compare (BASE=HEAD, CUTOFFS=2017-12-04,2017-12-11)
	@$(BIN)/python -m experiments.against $(BASE) --cutoffs '$(CUTOFFS)' --work $(WORK) $(ARGS)

BENCHMARKS := $(patsubst experiments/benchmarks/%.py,%,$(wildcard experiments/benchmarks/[a-z]*.py))

.PHONY: benchmark
benchmark: $(READY)  ## Measure the pipeline and the service on this machine (minutes)
	@for name in $(BENCHMARKS); do $(BIN)/python -m experiments.benchmarks.$$name --work $(WORK) $(ARGS) || exit 1; done

.PHONY: experiment
experiment: $(READY)  ## Answer a question with an experiment (NAME=pooling; without a name: list them)
	@$(BIN)/python -m experiments.run $(or $(NAME),--list) --work $(WORK) $(ARGS)
