.PHONY: bench-applications bench-dockerfiles end-of-life setup check test bench bench-compose docs demo screenshots lock

python := .venv/bin/python

setup: ## install reviewbot and everything to work on it
	python3 -m venv .venv
	.venv/bin/pip install -q --require-hashes -r requirements-dev.lock
	.venv/bin/pip install -q --no-deps -e .

check: ## style, types, the direction of imports, and the workflows
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/zizmor --offline --quiet .

test: ## all tests; those with a real engine are skipped where none answers
	$(python) -m pytest -q -n auto

bench: ## ratios against plain docker build, and times of the checks
	$(python) bench/check_times.py
	$(python) bench/build_overhead.py
	$(python) bench/request_counts.py

bench-builds: ## a review of builds of a minute against plain docker build, and reading a gigabyte against docker save
	$(python) bench/build_overhead.py --profile minute
	$(python) bench/scan_image.py

bench-compose: ## real Compose projects: against docker compose, suggestions applied, time against dclint
	$(python) bench/corpus/fetch.py compose
	$(python) bench/compose_oracle.py
	$(python) bench/compose_suggestions.py
	$(python) bench/compose_speed.py

bench-dockerfiles: ## real Dockerfiles: suggestions applied, verdicts, side by side with hadolint, and every peer's rule
	$(python) bench/corpus/fetch.py dockerfiles
	$(python) bench/dockerfile_corpus.py
	$(python) bench/beside_hadolint.py
	$(python) bench/peer_table.py

bench-applications: ## small applications of many ecosystems: with all suggestions they still build and start; needs an engine
	$(python) bench/applications.py

docs: ## write docs/rules and the schemas from the code
	.venv/bin/reviewbot docs docs

end-of-life: ## renew the table of releases that get no fixes any more, from endoflife.date
	$(python) tools/end_of_life.py

demo: ## review the example change that ships with the project
	.venv/bin/reviewbot demo

screenshots: ## make the pictures in docs/pictures; needs chromium and npm
	$(python) docs/pictures/make.py

lock: ## renew the lock files
	uv pip compile -q --universal --generate-hashes --no-annotate --no-header pyproject.toml --extra shellcheck -o requirements.lock
	uv pip compile -q --universal --generate-hashes --no-annotate --no-header pyproject.toml --group dev -o requirements-dev.lock
