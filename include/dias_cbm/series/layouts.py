"""The layouts of files with parcel statistics, and which of them a file has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dias_cbm.errors import SeriesError

#: Statistics of a value, in the order of the database's columns.
STATISTICS = ("count", "mean", "std", "min", "max", "p25", "p50", "p75")


class Layout(StrEnum):
    """Layouts that are read.

    ``own``: this system's exports, and tables made for it. ``jrc``: the columns of JRC's extraction
    tables (ec-jrc/cbm, ``cbm/extract``) with the time of the observation from its catalogue.
    ``sen4cap``: the long tables of Sen4CAP's extraction for agricultural practices, one band a
    file; written down from its published names of columns, not tested against a file of theirs.
    """

    OWN = "own"
    JRC = "jrc"
    SEN4CAP = "sen4cap"


class Optical(StrEnum):
    """Units of optical bands."""

    REFLECTANCE = "reflectance"
    DN = "dn"


class Backscatter(StrEnum):
    """Units of backscatter."""

    LINEAR = "linear"
    DB = "db"


# Names under which each field is looked for, in the order of preference.
_STATISTIC_NAMES = {
    "count": ("count", "n", "pixels"),
    "mean": ("mean", "mean_val", "avg"),
    "std": ("std", "stdev", "stddev", "stdev_val"),
    "min": ("min",),
    "max": ("max",),
    "p25": ("p25",),
    "p50": ("p50", "median"),
    "p75": ("p75",),
}
_NAMES: Mapping[Layout, Mapping[str, Sequence[str]]] = {
    Layout.OWN: {
        "pid": ("pid",),
        "date": ("date", "day", "obstime"),
        "card": ("card",),
        "band": ("band",),
        "direction": ("direction", "orbit_direction"),
        "observation": ("obsid",),
    },
    Layout.JRC: {
        "pid": ("pid",),
        "date": ("obstime", "date_part", "date"),
        "band": ("band",),
        "observation": ("obsid",),
    },
    Layout.SEN4CAP: {
        "pid": ("newid", "kod_pb", "ori_id", "seq_id"),
        "date": ("date",),
        "band": ("band",),
        "direction": ("orbit",),
    },
}
_NEEDED = ("pid", "date", "mean")
_UNITS = {
    Layout.OWN: (Optical.REFLECTANCE, Backscatter.LINEAR),
    Layout.JRC: (Optical.DN, Backscatter.LINEAR),
    Layout.SEN4CAP: (Optical.REFLECTANCE, Backscatter.LINEAR),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read.

    :param columns: the file's column for each field that it has.
    :param card: of all rows, where no column says it; None: by the band's name.
    :param band: of all rows, where no column says it.
    """

    layout: Layout
    columns: Mapping[str, str]
    card: str | None
    band: str | None
    optical: Optical
    backscatter: Backscatter

    @property
    def texts(self) -> list[str]:
        """Columns that are read as texts."""
        return [name for field, name in self.columns.items() if field not in STATISTICS]

    @property
    def numbers(self) -> list[str]:
        """Columns that are read as numbers."""
        return [name for field, name in self.columns.items() if field in STATISTICS]

    def described(self) -> dict[str, str | None]:
        """All that decides how the same file is understood."""
        return {
            "layout": self.layout.value,
            "card": self.card,
            "band": self.band,
            "optical": self.optical.value,
            "backscatter": self.backscatter.value,
        }


def choose(
    columns: Sequence[str],
    subject: object,
    *,
    layout: Layout | None = None,
    card: str | None = None,
    band: str | None = None,
    optical: Optical | None = None,
    backscatter: Backscatter | None = None,
) -> Reading:
    """Decide how a file with these columns is read.

    :param columns: names in the file; capitals do not matter.
    :param subject: the file, for messages.
    :param layout: None: found by the names of the columns.
    :raises SeriesError: the columns are those of no layout, or lack one that is needed.
    """
    chosen = layout or _detect(columns)
    if chosen is None:
        raise SeriesError(
            f"has the columns of no layout: {', '.join(columns[:12])}",
            subject=subject,
            hint="pid, date, card, band and mean, or see docs/series.md",
        )
    found = _found(columns, chosen)
    missing = [one for one in _NEEDED if one not in found]
    if "band" not in found and band is None:
        missing.append("band")
    if missing:
        names = "; ".join(f"{one} ({' or '.join(_names(chosen)[one])})" for one in missing)
        hint = "name the band of all rows with --band" if missing == ["band"] else None
        raise SeriesError(f"lacks a column for {names}", subject=subject, hint=hint)
    usual = _UNITS[chosen]
    return Reading(
        chosen, found, card, band, optical or usual[0], backscatter or usual[1]
    )  # fmt: skip


def _names(layout: Layout) -> dict[str, Sequence[str]]:
    return {**_NAMES[layout], **_STATISTIC_NAMES}


def _found(columns: Sequence[str], layout: Layout) -> dict[str, str]:
    present = {name.lower(): name for name in reversed(columns)}
    return {
        field: present[match]
        for field, names in _names(layout).items()
        if (match := next((name for name in names if name in present), None)) is not None
    }


def _detect(columns: Sequence[str]) -> Layout | None:
    """The layout whose telling columns are there."""
    found = {name.lower() for name in columns}
    if found & set(_NAMES[Layout.SEN4CAP]["pid"]) and "pid" not in found:
        return Layout.SEN4CAP
    if "pid" not in found:
        return None
    if "card" in found:
        return Layout.OWN
    return Layout.JRC if found & {"obsid", "date_part"} else Layout.OWN
