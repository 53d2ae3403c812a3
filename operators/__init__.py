"""Operators: one sensor, trigger or task per file, each a thin layer over the library."""
