# `make` lists the targets. Needed on the machine: Python 3.11, make, git.
VENV  := .venv
BIN   := $(VENV)/bin
STAMP := $(VENV)/.installed

# The first Python 3.11 on PATH; or say `make PYTHON=/path/to/python3.11 ...`.
IS_311 := import sys; sys.exit(sys.version_info[:2] != (3, 11))
PYTHON ?= $(shell for p in python3.11 python3; do \
	"$$p" -c '$(IS_311)' 2>/dev/null && { command -v "$$p"; break; }; done)
NEED_311 = "$(PYTHON)" -c '$(IS_311)' 2>/dev/null || { echo 'Python 3.11 is needed and was not found:' \
	'install it, or say make PYTHON=/path/to/python3.11' >&2; exit 1; }

# Small networks gain nothing from a second thread, and with one thread the
# results do not depend on the number of cores.
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export DVC_NO_ANALYTICS := 1
# The pipeline's stages call `python`: the environment's, not the one that made it.
WITH_VENV := PATH="$(CURDIR)/$(BIN):$$PATH"

.DEFAULT_GOAL := help
.PHONY: help repro sleep_apnea universal_perturbation denoise offload unseen external stream frontier frontier_cells sweep test docs lab bench lint lock clean compilers emulator

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z_]+:.*## / {printf "make %-22s %s\n", $$1, $$2}' Makefile

# front_page is the last stage of the main study. `dvc repro`, in the environment, runs all stages.
repro: $(STAMP) compilers  ## run the main study; only what changed runs again
	$(WITH_VENV) $(BIN)/python -m ecglib.sweep --check
	$(WITH_VENV) $(BIN)/dvc repro front_page

# The further systems. Data that cannot be had is named, and the rest runs.
sleep_apnea: $(STAMP) compilers  ## run the study of sleep apnea
	$(WITH_VENV) $(BIN)/dvc repro sleep_apnea_page
universal_perturbation: $(STAMP)  ## run the study of universal perturbations
	$(WITH_VENV) $(BIN)/dvc repro universal_perturbation_page
denoise: $(STAMP) compilers  ## run the study of denoising capacitive ECG
	$(WITH_VENV) $(BIN)/dvc repro denoise_page
# Alone: the device tables that it reads are the main study's, and lie in git.
offload: $(STAMP)  ## run the study of offloading
	$(WITH_VENV) $(BIN)/dvc repro -s offload offload_page
unseen: $(STAMP)  ## run the study of patients never met
	$(WITH_VENV) $(BIN)/dvc repro unseen_page
external: $(STAMP)  ## judge its networks on the records that ECGLIB_EXTERNAL names
	$(WITH_VENV) $(BIN)/dvc repro -f -s external external_page
stream: $(STAMP) compilers  ## run the study of the stream, behind that of patients never met
	$(WITH_VENV) $(BIN)/dvc repro stream_page
# Alone: its runs lie in git, and so does what it reads of the main study.
frontier: $(STAMP)  ## run the study of how far stages go, and of the cheapest network
	$(WITH_VENV) $(BIN)/dvc repro -s frontier frontier_page
frontier_cells: $(STAMP) compilers  ## train what is missing of its runs, for hours
	$(WITH_VENV) $(BIN)/dvc repro data
	$(WITH_VENV) $(BIN)/python -m ecglib.frontier $(FRONTIER)

# Options of `python -m ecglib.sweep`, say: make sweep SWEEP='--scheduler tcp://10.0.0.1:8786'
sweep: $(STAMP)  ## run what is left of the core of the sweep, on all cores
	$(WITH_VENV) $(BIN)/python -m ecglib.sweep $(SWEEP)

test: $(STAMP) compilers emulator  ## run the tests
	$(WITH_VENV) $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

docs: $(STAMP)  ## write the tables in README.md and docs/ anew from reports/tables
	$(WITH_VENV) $(BIN)/python -m ecglib.pages.documents

# The kernel is this environment's, whatever other kernels are installed.
lab: $(STAMP)  ## open the notebooks in JupyterLab
	$(WITH_VENV) JUPYTER_PATH="$(CURDIR)/$(VENV)/share/jupyter$${JUPYTER_PATH:+:$$JUPYTER_PATH}" $(BIN)/jupyter lab

bench: $(STAMP)  ## measure speed and memory
	$(WITH_VENV) $(BIN)/python -m benchmarks

lint: $(STAMP)  ## check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# What builds the C of a network, for a Cortex-M4 and for this computer: Debian's packages, where
# this user may install them. Without them its tests are skipped and its columns are absent.
C_PACKAGES := gcc-arm-none-eabi gcc libc6-dev
HAS_C = command -v $${ECGLIB_ARM_GCC:-arm-none-eabi-gcc} >/dev/null && command -v $${CC:-gcc} >/dev/null
# What installs packages of Debian if this user may.
APT_INSTALL = [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && echo 'Installing $(1)' && apt-get update -qq >/dev/null \
	  && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
	     $(1) >/dev/null
compilers:
	@$(HAS_C) || { $(call APT_INSTALL,$(C_PACKAGES)); } \
	  || echo 'No C compilers for the device part: apt-get install $(C_PACKAGES)'

# A second Cortex-M4, which faults where the study's emulated core does not: for tests alone.
QEMU := qemu-system-arm
emulator:
	@command -v $(QEMU) >/dev/null || { $(call APT_INSTALL,$(QEMU)); } \
	  || echo 'No $(QEMU), so its tests are skipped: apt-get install $(QEMU)'

# Resolves pyproject.toml's pins afresh in an environment of its own, so what they bring
# along may move to newer versions. Left out: local version labels, and the CUDA packages
# that some builds of torch bring along.
LOCK_VENV := build/lock-venv
lock:  ## write requirements.lock anew from pyproject.toml
	@$(NEED_311)
	rm -rf $(LOCK_VENV)
	"$(PYTHON)" -m venv $(LOCK_VENV)
	$(LOCK_VENV)/bin/python -m pip install -q --disable-pip-version-check -e '.[dev]'
	$(LOCK_VENV)/bin/python -m pip list --format=freeze --exclude pip --exclude ecglib > $(LOCK_VENV)/list
	echo '# Every package of the environment. Written by `make lock`: change pyproject.toml, not this.' > $(LOCK_VENV)/lock
	sed -e 's/+.*//' -e '/^nvidia-/d' -e '/^cuda-/d' -e '/^triton==/d' $(LOCK_VENV)/list \
	  | LC_ALL=C sort -f >> $(LOCK_VENV)/lock
	mv $(LOCK_VENV)/lock requirements.lock
	rm -rf $(LOCK_VENV)

# By name: what somebody put into build/, or had written there, is not the project's to delete.
WRITTEN := $(patsubst notebooks/%.ipynb,build/%,$(wildcard notebooks/*.ipynb)) \
	$(addprefix build/,device sweep results models) $(LOCK_VENV)
clean:  ## delete what notebooks, device and sweep left in build/; what else is there stays
	rm -rf -- $(WRITTEN)

# Set-up: an environment of another Python, or a half-made one, is made anew if make has made it
# (OWN is in it). The stamp is written last, so an interrupted set-up starts again.
OWN := $(VENV)/.made-by-make
IS_WHOLE := from importlib.metadata import version; version("pip"); $(IS_311)
$(STAMP): requirements.lock pyproject.toml
	@$(NEED_311)
	@rm -f $@
	@echo 'Setting up $(VENV) from requirements.lock (minutes the first time)'
	@$(BIN)/python -c '$(IS_WHOLE)' 2>/dev/null || { \
	  { [ -e $(OWN) ] || rmdir $(VENV) 2>/dev/null || [ ! -e $(VENV) ] || { echo '$(VENV) is no whole' \
	    'environment of Python 3.11, and make did not make it: move it away' >&2; exit 1; }; } && \
	  rm -rf $(VENV) && mkdir $(VENV) && touch $(OWN) && "$(PYTHON)" -m venv $(VENV); }
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
