"""Old spellings of commands and options, each with the new one.

They are no longer accepted; the error message gives the new spelling.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

#: Any option that follows the command's words directly.
ANY = "--..."


class Moved(NamedTuple):
    """One old spelling.

    :param command: its words after ``cbm``.
    :param option: the option that is gone; empty where the command itself is gone.
    :param new: what to type instead.
    """

    command: str
    option: str
    new: str

    def __str__(self) -> str:
        return f"`{self.old}` is now `{self.new}`"

    @property
    def old(self) -> str:
        """The old spelling in full."""
        return f"cbm {self.command} {self.option}".rstrip()


MOVED = (
    Moved("backfill", "--pause", "cbm backfill pause SEASON"),
    Moved("backfill", ANY, "cbm backfill run SEASON [--dry-run] [--yes]"),
    Moved("card make", "--input", "cbm card make SOURCE"),
    Moved("catalogue compare", "--aoi", "--area"),
    Moved("catalogue compare", "--season", "cbm season area SEASON --out FILE, then --area FILE"),
    Moved("catalogue search", "--aoi", "--area"),
    Moved("catalogue sync", "--season", "cbm catalogue sync SEASON"),
    Moved("demo chaos", "", "cbm lab chaos"),
    Moved("demo dias", "", "cbm lab dias"),
    Moved("demo run", "--platform", "--dialect"),
    Moved("demo run", "--store", "--storage"),
    Moved("demo season", "", "cbm lab season"),
    Moved("download", "--reference", "cbm download PRODUCT"),
    Moved("download", "--to", "--out"),
    Moved("evidence backscatter", "--data", "cbm evidence backscatter DATA"),
    Moved("evidence coherence", "--data", "cbm evidence coherence DATA"),
    Moved("evidence geometry", "--data", "cbm evidence geometry DATA"),
    Moved("evidence mowing", "", "cbm evidence markers DATA"),
    Moved("export", "", "cbm season export SEASON --out FOLDER"),
    Moved("gaps digest", "--season", "cbm gaps digest SEASON"),
    Moved("gaps refresh", "--season", "cbm gaps refresh [SEASON]"),
    Moved("gaps why", "--season", "cbm gaps why SEASON PID DAY"),
    Moved("gaps", ANY, "cbm gaps list [SEASON]"),
    Moved("outliers export", "--season", "cbm outliers export SEASON --out FILE"),
    Moved("outliers export", "--csv", "--out FILE.csv"),
    Moved("outliers export", "--gpkg", "--out FILE.gpkg"),
    Moved("outliers list", "--season", "cbm outliers list SEASON"),
    Moved("outliers run", "--season", "cbm outliers run SEASON"),
    Moved("parcels load", "--season", "cbm parcels load SEASON FILE"),
    Moved("season calendar", "--html", "--out FILE.html"),
    Moved("season calendar", "--png", "--out FILE.png"),
    Moved("season dump", "--to", "--out"),
)


def find(arguments: Sequence[str]) -> Moved | None:
    """The old spelling that is used, if one is.

    :param arguments: of the command line, without ``cbm``.
    """
    return next((one for one in MOVED if _uses(arguments, one)), None)


def _uses(arguments: Sequence[str], moved: Moved) -> bool:
    words = moved.command.split()
    if list(arguments[: len(words)]) != words:
        return False
    rest = arguments[len(words) :]
    if moved.option == ANY:
        return bool(rest) and rest[0].startswith("--") and rest[0] != "--help"
    return not moved.option or any(one.partition("=")[0] == moved.option for one in rest)
