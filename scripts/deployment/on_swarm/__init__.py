"""Laid over the stack by the lab of ``make swarm`` alone."""
