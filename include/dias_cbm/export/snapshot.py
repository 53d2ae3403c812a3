"""Export a season: all files from one snapshot of the database, moved into place together."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from threading import Event

from dias_cbm import __version__, seasons
from dias_cbm.db.connection import Connection, one_moment
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData
from dias_cbm.export.blocks import months_of, write_means, write_signatures
from dias_cbm.export.folder import ExportedFile, put_in_place, read_manifest, written_aside
from dias_cbm.export.rows import write_outliers, write_parcels
from dias_cbm.export.unfolded import Pids
from dias_cbm.export.writers import Job, write_all
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season

log = logging.getLogger(__name__)


class What(StrEnum):
    """Contents that can be exported."""

    SIGNATURES = "signatures"
    MEANS = "means"
    PARCELS = "parcels"
    OUTLIERS = "outliers"


_PLACE = {str(what): place for place, what in enumerate(What)}


@dataclass(frozen=True, slots=True)
class ExportReport:
    """Result of an export.

    :param empty: requested contents without rows, e.g. ``outliers`` or ``means of c6``.
    :param removed: files of an earlier export that no longer have any rows.
    :param ledger: records per card as the extractions counted them.
    :param different: cards whose files have a different number of records.
    :param seconds: wall time.
    """

    files: list[ExportedFile]
    empty: list[str]
    removed: list[str]
    ledger: dict[str, int]
    different: list[str]
    seconds: float


def export(
    connection: Connection,
    name: str,
    folder: Path,
    what: Collection[What] = tuple(What),
    cards: Collection[Card] = tuple(Card),
    *,
    workers: int = 1,
) -> ExportReport:
    """Write Parquet files of a season, and a manifest with their rows; commits.

    Signatures get one file per card and month, means one per card; parcels and outliers one each.
    Files are written aside and moved when all are complete; files of an earlier export of the same
    kinds and cards are replaced, others are left.

    :param name: of the season.
    :param folder: created if necessary; holds one season.
    :param workers: files at a time, each read on its own connection if there are several.
    :raises SeasonError: there is no such season, or the folder holds another one.
    :raises NotEnoughData: nothing that was asked for has a row.
    """
    started = time.perf_counter()
    with one_moment(connection):
        season = seasons.get(connection, name)
        manifest = read_manifest(folder, name)
        with written_aside(folder) as aside:
            jobs = _jobs(connection, season, aside, set(what), sorted(set(cards)))
            tried = sorted(write_all(connection, jobs, workers), key=lambda file: _PLACE[file.what])
            files = [file for file in tried if file.rows]
            if not files:
                raise NotEnoughData("nothing to export", subject=name, hint="extract scenes first")
            ledger = _ledger(connection, season, cards) if What.SIGNATURES in what else {}
            stays = [f for f in manifest["files"] if not _asked(f["what"], f["card"], what, cards)]
            stale = {f["name"] for f in manifest["files"]} - {f["name"] for f in stays}
            head = manifest | {"files": stays, "made_at": datetime.now(UTC).isoformat()}
            head |= {"version": __version__, "ledger": head.get("ledger", {}) | ledger}
            put_in_place(folder, aside, files, stale, head)
    return ExportReport(
        files,
        [_title(file) for file in tried if not file.rows],
        sorted(stale - {file.name for file in files}),
        ledger,
        [card for card, records in ledger.items() if records != _records(files, card)],
        time.perf_counter() - started,
    )


def _asked(what: str, card: str | None, whats: Collection[str], cards: Collection[str]) -> bool:
    return what in whats and (card is None or card in cards)


def _title(file: ExportedFile) -> str:
    return f"{file.what} of {file.card}" if file.card else file.what


def _records(files: list[ExportedFile], card: str) -> int:
    return sum(file.records or 0 for file in files if file.card == card)


def _jobs(
    connection: Connection, season: Season, aside: Path, what: set[What], cards: list[Card]
) -> list[Job[ExportedFile]]:
    """A job for every file that was asked for, the largest first.

    Files without rows are reported and not moved.
    """
    blocks = what & {What.SIGNATURES, What.MEANS}
    write = _Writer(season, aside, Pids.read(connection, season) if blocks else Pids({}))
    jobs: list[Job[ExportedFile]] = []
    if What.MEANS in what:
        jobs += [partial(write.means, card) for card in cards]
    if What.SIGNATURES in what:
        for card in cards:
            months: list[date | None] = [*months_of(connection, season, card)]
            jobs += [partial(write.signatures, card, month) for month in months or [None]]
    if What.PARCELS in what:
        jobs.append(write.parcels)
    if What.OUTLIERS in what:
        jobs.append(write.outliers)
    return jobs


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the files of a season into a folder; each method is a job."""

    season: Season
    aside: Path
    pids: Pids

    def signatures(
        self, card: Card, month: date | None, connection: Connection, stopped: Event
    ) -> ExportedFile:
        if month is None:
            return ExportedFile("", What.SIGNATURES, 0, str(card))
        title = f"{month:%Y-%m}"
        file = f"signatures_{card}_{title}.parquet"
        written = write_signatures(
            connection, self.season, card, month, self.pids, self.aside / file, stopped
        )
        log.info("%s: %d rows", file, written.rows)
        return ExportedFile(file, What.SIGNATURES, written.rows, str(card), title, written.records)

    def means(self, card: Card, connection: Connection, stopped: Event) -> ExportedFile:
        file = f"means_{card}.parquet"
        written = write_means(connection, self.season, card, self.pids, self.aside / file, stopped)
        log.info("%s: %d rows", file, written.rows)
        return ExportedFile(file, What.MEANS, written.rows, str(card))

    def parcels(self, connection: Connection, _: Event) -> ExportedFile:
        rows = write_parcels(connection, self.season, self.aside / "parcels.parquet")
        return ExportedFile("parcels.parquet", What.PARCELS, rows)

    def outliers(self, connection: Connection, _: Event) -> ExportedFile:
        rows = write_outliers(connection, self.season, self.aside / "outliers.parquet")
        return ExportedFile("outliers.parquet", What.OUTLIERS, rows)


def _ledger(connection: Connection, season: Season, cards: Collection[Card]) -> dict[str, int]:
    values = {"season": season.id, "cards": [str(card) for card in cards]}
    rows = connection.execute(query("export/records"), values)
    return {row.card: row.records or 0 for row in rows}
