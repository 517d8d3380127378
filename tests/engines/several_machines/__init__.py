"""Spark on several machines, by hand: `python -m tests.engines.several_machines`."""
