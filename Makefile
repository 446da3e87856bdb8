# `make` lists the targets; `make run` computes every table; `make test` checks everything.
# Needed: GNU make, Python 3.11 or newer with pip. What is installed stays in .tools and .venv.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
# One command at a time writes a folder; `JOBS` is the number of processes inside a command.
.NOTPARALLEL:

PYTHON ?= python3
STUDY ?= study.toml
JOBS ?= 1
PYTEST_WORKERS ?= 2
REPLICA := $(if $(filter undefined,$(origin OUT)),output/replica,$(OUT))
VALIDATION := $(if $(filter undefined,$(origin OUT)),output/validation,$(OUT))
OUT ?= output/$(basename $(notdir $(STUDY)))
# `out`, `out/` and `./out` are one folder, so the dependency file can name it in one way.
override OUT := $(patsubst ./%,%,$(patsubst %/,%,$(strip $(OUT))))

ifneq ($(words $(STUDY)) $(words $(OUT)),1 1)
$(error STUDY and OUT must each name one path, without spaces, and OUT must not be /)
endif

UV := .tools/bin/uv
RATEMODEL := .venv/bin/ratemodel
export UV_CACHE_DIR := $(CURDIR)/.tools/cache
export UV_PYTHON_DOWNLOADS := never
# Trust what the machine trusts, where it keeps a list: networks may sign with their own.
export UV_SYSTEM_CERTS ?= $(if $(wildcard /etc/ssl/certs/*.crt /etc/ssl/cert.pem /etc/pki/tls/certs/*),true,false)
export PIP_USER := 0
export PIP_REQUIRE_VIRTUALENV := 0

.PHONY: help setup run fetch tables figures report notebooks \
        path shocks volatility loadings leverage decompose placebo \
        replica validate test lint bench lock clean FORCE

help:
	@echo 'Usage: make TARGET [STUDY=study.toml] [OUT=output/<study>] [JOBS=1]'
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' Makefile

# --- Environment: uv by pip, then everything at the hashes of the lock ------------------------

setup: .venv/.ready ## Build the environment in .venv (hash-pinned; nothing is installed elsewhere)

define NEEDS_PYTHON
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
  echo "ratemodel needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1 | tail -n 1)." >&2; \
  echo 'Name another with PYTHON, for example: make $(or $(MAKECMDGOALS),setup) PYTHON=python3.12' >&2; \
  exit 1; }
endef

$(UV): tools.lock
	$(NEEDS_PYTHON)
	@echo 'Installing uv into .tools' >&2
	@$(PYTHON) -m pip install --quiet --quiet --target .tools --upgrade --require-hashes --no-deps \
	  --only-binary :all: --no-cache-dir --no-input --disable-pip-version-check \
	  --no-warn-script-location --root-user-action=ignore -r tools.lock
	@touch $@

# A moved or copied project, or a removed interpreter, needs a new environment: paths are inside it.
ifneq ($(shell cat .venv/.ready 2>/dev/null),$(CURDIR))
ENVIRONMENT_MOVED := FORCE
else ifeq ($(wildcard .venv/bin/python),)
ENVIRONMENT_MOVED := FORCE
endif

# An environment that works is kept until the new packages are there: uv downloads them all before
# it changes any. uv does not read pip's settings: where pip was given a mirror, uv is told.
.venv/.synced: $(UV) requirements.lock $(ENVIRONMENT_MOVED)
	$(NEEDS_PYTHON)
	@echo 'Installing the locked packages into .venv' >&2
	$(if $(ENVIRONMENT_MOVED),@$(UV) venv --quiet --clear \
	  --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv)
	@mirror=$${PIP_INDEX_URL:-$$($(PYTHON) -m pip config get global.index-url 2>/dev/null || :)}; \
	if [ -n "$$mirror" ] && [ -z "$$UV_DEFAULT_INDEX$$UV_INDEX_URL" ]; then \
	  UV_DEFAULT_INDEX=$$mirror; export UV_DEFAULT_INDEX; fi; \
	$(UV) pip sync --quiet --python .venv/bin/python --require-hashes requirements.lock
	@touch $@

.venv/.ready: .venv/.synced pyproject.toml
	@rm -f $@
	@$(UV) pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
	@echo 'Compiling kernels: once, a minute at most' >&2
	@.venv/bin/python -c 'import ratemodel as rm; from ratemodel.config import Bands; \
	  rm.run(rm.Study(bands=Bands(draws=100)))'
	@echo '$(CURDIR)' > $@

# --- A run: stale when the study, an input, the code or the lock is newer, or an output is gone -

NOTEBOOKS := $(basename $(notdir $(wildcard notebooks/*.py)))
CODE := $(sort $(shell find ratemodel -name '*.py' -o -name '*.csv' -o -name '*.jinja'))
INPUTS := $(shell cat $(OUT)/inputs.d 2>/dev/null)
OUTPUTS := $(addprefix $(OUT)/,$(shell cat $(OUT)/outputs.txt 2>/dev/null))

# No complete run of this study in this folder; an output that is gone; a run that failed a check.
ifeq ($(and $(OUTPUTS),$(filter $(OUT)/run.json:,$(INPUTS)),$(filter $(abspath $(STUDY)),$(abspath $(INPUTS)))),)
STALE := FORCE
else ifneq ($(filter-out $(wildcard $(OUTPUTS)),$(OUTPUTS)),)
STALE := FORCE
else ifneq ($(wildcard $(OUT)/.failed),)
STALE := FORCE
endif

run: $(OUT)/run.json ## Compute every table and figure of STUDY, and the report, into OUT
	@$(if $(RAN),:,echo 'Nothing to do: $(OUT) is up to date'; cat $(OUT)/headline.txt)

tables: run ## The same as run

figures: run ## The same as run

report: run ## The same as run, and say where the page is
	@echo '$(OUT)/report.html'

notebooks: run ## Run the notebooks on the tables in OUT, into OUT/notebooks
	@mkdir -p $(OUT)/notebooks; for name in $(NOTEBOOKS); do \
	  .venv/bin/jupytext --quiet --to ipynb --output $(OUT)/notebooks/$$name.ipynb \
	    notebooks/$$name.py || exit 1; \
	  RATEMODEL_OUT='$(abspath $(OUT))' .venv/bin/jupyter-execute --inplace \
	    $(OUT)/notebooks/$$name.ipynb || exit 1; \
	done

$(OUT)/run.json: $(STUDY) $(CODE) requirements.lock $(STALE) | .venv/.ready
	$(eval RAN := yes)
	@$(RATEMODEL) run $(STUDY) --out $(OUT) --jobs $(JOBS); status=$$?; \
	case $$status in 0) rm -f $(OUT)/.failed;; 1) touch $(OUT)/.failed;; esac; exit $$status

# Every input has an empty rule in here, so one that was deleted is for ratemodel to report.
-include $(OUT)/inputs.d

$(STUDY):
	@echo 'ratemodel: $(STUDY): no such study' >&2; exit 2

path: .venv/.ready ## Stage: the rate path implied by futures
	@$(RATEMODEL) $@ $(STUDY) --out $(OUT) --jobs $(JOBS)

shocks: .venv/.ready ## Stage: shocks to that path
	@$(RATEMODEL) $@ $(STUDY) --out $(OUT) --jobs $(JOBS)

volatility: .venv/.ready ## Stage: volatility models
	@$(RATEMODEL) $@ $(STUDY) --out $(OUT) --jobs $(JOBS)

loadings: .venv/.ready ## Stage: how far each asset moves with a shock
	@$(RATEMODEL) $@ $(STUDY) --out $(OUT) --jobs $(JOBS)

leverage: .venv/.ready ## Stage: forced selling
	@$(RATEMODEL) $@ $(STUDY) --out $(OUT) --jobs $(JOBS)

decompose: .venv/.ready ## Stage: the split of the crash
	@$(RATEMODEL) $@ $(STUDY) --out $(OUT) --jobs $(JOBS)

placebo: .venv/.ready ## Stage: earlier windows without an event, and whether bands held them
	@$(RATEMODEL) $@ $(STUDY) --out $(OUT) --jobs $(JOBS)

# A failed download ends with 1 or 2; make reports it, and what was fetched is in the store.
fetch: .venv/.ready ## Download what STUDY needs into data/raw (FRED_API_KEY or .env; without: graphs)
	@$(RATEMODEL) data fetch $(STUDY)

replica: .venv/.ready ## Write the embedded data as input tables (to OUT, by default output/replica)
	@$(RATEMODEL) replica --out $(REPLICA)

# --- Checks -----------------------------------------------------------------------------------

test: lint ## Environment, lint, then the whole test suite
	@.venv/bin/python -m pytest -n $(PYTEST_WORKERS)

validate: .venv/.ready ## Simulated crashes of known parts (to OUT, by default output/validation)
	@$(RATEMODEL) $@ --out $(VALIDATION) --jobs $(JOBS)

lint: .venv/.ready ## Ruff, mypy and the import contracts
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --quiet --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo

bench: .venv/.ready ## Run every benchmark, one script a claim
	@$(or $(foreach script,$(sort $(wildcard benchmarks/*.py)),.venv/bin/python $(script) &&),echo 'No benchmarks here' &&) :

# --- Upkeep -----------------------------------------------------------------------------------

lock: $(UV) ## Rebuild requirements.lock and tools.lock (UPGRADE=1 takes newer versions)
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  $(if $(UPGRADE),--upgrade) --extra databento --extra yfinance --group dev pyproject.toml \
	  --output-file requirements.lock
	@echo uv | $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate $(if $(UPGRADE),--upgrade) - --output-file tools.lock

# Only what a run listed is deleted, file by file; folders go if that leaves them empty. A folder
# that no run wrote, and any file of somebody else's in OUT, is left alone.
clean: ## Delete what runs wrote into OUT, and nothing else
	@cd '$(OUT)' 2>/dev/null || exit 0; \
	if [ ! -f outputs.txt ] || [ ! -f tables/datapackage.json ]; then \
	  echo 'clean: $(OUT) holds no run of ratemodel: left alone' >&2; exit 2; fi; \
	while IFS= read -r name; do \
	  case "$$name" in \
	    tables/*/* | figures/*/* | *..*) ;; \
	    tables/* | figures/* | headline.txt | report.html) rm -f -- "$$name";; \
	  esac; \
	done < outputs.txt; \
	rm -f -- run.json inputs.d outputs.txt .failed $(NOTEBOOKS:%=notebooks/%.ipynb); \
	rmdir tables figures notebooks 2>/dev/null; cd / && rmdir '$(abspath $(OUT))' 2>/dev/null; :
