"""Settings and platforms."""
