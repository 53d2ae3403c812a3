"""Benchmarks against the tools that others use, on synthetic data: ``python -m benchmarks``."""
