"""Installation: set one up, and check it at any time."""
