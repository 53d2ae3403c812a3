"""The DAGs: one short file each, wiring only."""
