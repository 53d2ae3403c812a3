"""Verdicts of the rules as the quality sample reads them: from the database, or from a CSV file.

This is the only place that knows where verdicts come from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import SampleError
from dias_cbm.quality.csv_files import rows_of, text_of
from dias_cbm.quality.ranked_list import COLOURS

#: The colour of a scheme that does not concern the parcel's crop.
NOT_MEANT = "none"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Colour of a scheme on a parcel.

    :param scheme: the group of interventions.
    :param colour: green, red, yellow or open.
    :param sentence: why, in plain words; empty if not known.
    """

    pid: str
    scheme: str
    colour: str
    sentence: str


def of_season(connection: Connection, season: int, pid: str | None = None) -> list[Verdict]:
    """Verdicts of the latest run of the rules; none if no rules were ever run.

    :param season: id of the season.
    :param pid: of one parcel alone.
    """
    known = connection.execute(query("quality/has_verdicts")).fetchone()
    if known is None or not known.has_verdicts:
        return []
    rows = connection.execute(query("quality/verdicts"), {"season": season, "pid": pid})
    return _meant(Verdict(row.pid, row.scheme, row.colour, row.sentence or "") for row in rows)


def read(path: Path) -> list[Verdict]:
    """Verdicts from a CSV file with the columns pid, scheme, colour and, if given, sentence.

    :raises SampleError: the file cannot be used; the subject names the row.
    """
    _, rows = rows_of(text_of(path), path, ("pid", "scheme", "colour"))
    found: dict[tuple[str, str], Verdict] = {}
    for number, row in enumerate(rows, 1):
        where = f"{path} row {number}"
        one = Verdict(row["pid"], row["scheme"], row["colour"], row.get("sentence", ""))
        if not one.pid or not one.scheme:
            raise SampleError("pid or scheme is empty", subject=where)
        if one.colour not in (*COLOURS, NOT_MEANT):
            known = ", ".join((*COLOURS, NOT_MEANT))
            raise SampleError(f"colour is {one.colour!r}, not one of {known}", subject=where)
        if found.setdefault((one.pid, one.scheme), one) is not one:
            message = f"parcel {one.pid} has two verdicts of scheme {one.scheme}"
            raise SampleError(message, subject=where)
    return _meant(found.values())


def _meant(verdicts: Iterable[Verdict]) -> list[Verdict]:
    return [one for one in verdicts if one.colour != NOT_MEANT]
