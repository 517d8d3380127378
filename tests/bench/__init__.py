"""Benchmarks, run by hand: `python -m tests.bench` (see docs/benchmarks.md)."""
