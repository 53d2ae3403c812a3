"""A season under fire: faults injected on purpose, and the same result demanded."""
