"""The chaos test: a season with injected faults must have the same result as one without."""
