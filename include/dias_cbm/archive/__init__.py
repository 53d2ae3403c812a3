"""Archiving of seasons: detach, attach, dump, drop and restore."""

from dias_cbm.archive.drop import Dropped, drop
from dias_cbm.archive.dump import dump
from dias_cbm.archive.partitions import Branch, attach, branches, detach
from dias_cbm.archive.restore import restore

__all__ = ["Branch", "Dropped", "attach", "branches", "detach", "drop", "dump", "restore"]
