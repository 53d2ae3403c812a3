"""Benchmarks against the tools that others use, on synthetic work: ``python -m benchmarks``."""
