"""The end of a season's life: detached, dumped, dropped, and restored from its dump."""

from cbm.archive.drop import Dropped, drop
from cbm.archive.dump import dump
from cbm.archive.partitions import Branch, attach, branches, detach
from cbm.archive.restore import restore

__all__ = ["Branch", "Dropped", "attach", "branches", "detach", "drop", "dump", "restore"]
