"""The end of a season's life: detached, dumped, dropped, and restored from its dump."""

from dias_cbm.archive.drop import Dropped, drop
from dias_cbm.archive.dump import dump
from dias_cbm.archive.partitions import Branch, attach, branches, detach
from dias_cbm.archive.restore import restore

__all__ = ["Branch", "Dropped", "attach", "branches", "detach", "drop", "dump", "restore"]
