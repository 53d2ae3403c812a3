"""The window: pages inside the scheduler's own interface."""
