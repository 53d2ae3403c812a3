"""Setting up an installation, and checking it at any time."""
