"""Speed, measured beside peers in one run: `python -m tests.benchmarks`. Never part of the tests."""
