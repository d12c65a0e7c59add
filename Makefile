# Penumbra. The two commands a newcomer needs are `make run` and `make test`; both do all set-up on a machine with
# Python 3.11 and package registries alone. `make help` lists the rest.

# The first of these that is there and at least 3.11; `make run PYTHON=python3.13` chooses another.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.penumbra-ready

.DEFAULT_GOAL := help
.PHONY: help run test check format browser lock screenshot figures clean

help: ## list these commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

run: $(READY) ## set up, then serve the app on this machine only
	@$(BIN)/streamlit run streamlit_app.py $(ARGS)

test: check browser ## set up, then every check and every test
	@$(BIN)/python -m pytest $(ARGS)

check: $(READY) ## lint, format, floors of the house, docstrings
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.house.docstrings

format: $(READY) ## mend lint and format where a tool can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

browser: ## a Chromium for the browser test, from the system's package manager, where none is
	@sh .ci/browser

lock: $(READY) ## resolve requirements.lock again
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 requirements.txt requirements-training.txt \
		requirements-dev.txt --output-file requirements.lock

screenshot: $(READY) browser ## draw docs/screenshot.png again, from a drawn sample
	@$(BIN)/python docs/screenshot.py

figures: $(READY) ## write the cards' test figures into both READMEs again
	@$(BIN)/python -m docs.figures

clean: ## remove the environment and caches
	@rm -rf $(VENV) .pytest_cache .ruff_cache .import_linter_cache .coverage

# uv installs in seconds what takes pip a minute; where it cannot be had, pip does the same work.
$(READY): requirements.lock
	@test -n "$(PYTHON)" || { echo "Penumbra needs Python 3.11, 3.12 or 3.13; none was found." >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Could not make $(VENV): on Debian or Ubuntu \
	install the package python3-venv." >&2; exit 2; }
	@echo "Installing what Penumbra needs into $(VENV) (once, about 2.4 GB) ..."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --upgrade >/dev/null
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep -E '^uv==' requirements.lock)" \
		&& $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements.lock \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@
