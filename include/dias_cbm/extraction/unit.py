"""One unit of extraction: a scene over one tile of one season, from product to signatures."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import psycopg

from dias_cbm import ledger, seasons
from dias_cbm.config.platforms import MADE
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import copy_rows
from dias_cbm.db.locks import Lock, hold, hold_named
from dias_cbm.db.queries import query
from dias_cbm.errors import (
    CbmError,
    DatabaseError,
    ExtractionFailed,
    FolderNotShared,
    MixedBackscatter,
    StateConflict,
    StoreDown,
    StoreError,
    Throttled,
)
from dias_cbm.extraction.blocks import (
    HISTOGRAM_COLUMNS,
    SIGNATURE_COLUMNS,
    BlockLayout,
    histogram_rows,
    signature_rows,
)
from dias_cbm.extraction.compilation import WorkClock, work_clock
from dias_cbm.extraction.flags import Flags, flag
from dias_cbm.extraction.report import ExtractionReport, Outcome
from dias_cbm.extraction.signatures import Signatures, signatures_of
from dias_cbm.extraction.statistics import COUNT
from dias_cbm.ledger import LedgerScene, Unit
from dias_cbm.parcel_arrays import TileParcels
from dias_cbm.parcel_cache import tile_parcels
from dias_cbm.products.open import Product, needed_files, open_product, ranged
from dias_cbm.scenes import Card, Cause, Status
from dias_cbm.signature_counts import UnitCounts
from dias_cbm.storage import Ranged, open_chain, open_store
from dias_cbm.storage.shared_folder import check_shared
from dias_cbm.transport import outages
from dias_cbm.transport.outages import Service

log = logging.getLogger(__name__)

# Seconds before each try to record that a unit waits for room in the database.
_WAITS_FOR_ROOM_S = (0, 5, 15, 30, 60, 120, 240)


def extract(connection: Connection, unit: Unit, worker: str) -> ExtractionReport:
    """Claim a unit, compute its signatures and write them; commits.

    New signatures, the removal of those they replace, and the ledger change in one transaction: a
    worker that dies leaves the previous ones, and its unit is free once the lease has run out.

    :param worker: recorded in the ledger while it works, e.g. the task's id.
    :returns: the report; failures of a product or store are in it, with cause and reason as in the
        ledger.
    :raises DatabaseError: the database's disk is so full that not even this could be recorded.
    :raises SettingsError: a setting cannot be used; the unit is failed too.
    :raises FolderNotShared: the product was made on another machine, in a folder that this one does
        not see; the unit is free again, with no attempt counted.
    """
    with work_clock() as clock:
        return _claimed(connection, unit, worker, clock)


def _claimed(connection: Connection, unit: Unit, worker: str, clock: WorkClock) -> ExtractionReport:
    try:
        claim = ledger.claim(connection, unit, worker)
    except psycopg.errors.DiskFull as error:
        connection.rollback()
        return _paused(unit, _no_room(error))
    if claim is None:
        return ExtractionReport(Outcome.TAKEN)
    try:
        report = _extract(connection, unit, claim, clock)
    except StateConflict as error:
        connection.rollback()
        log.warning("%s: given up: %s", unit, error)
        return ExtractionReport(Outcome.TAKEN, reason=str(error))
    except (StoreDown, Throttled) as error:
        return _wait(connection, unit, claim, error)
    except FolderNotShared as error:
        with suppress(StateConflict):
            ledger.put_back(connection, unit, str(error), claim=claim)
        raise
    except psycopg.errors.DiskFull as error:
        return _wait_for_room(connection, unit, claim, error)
    except CbmError as error:
        cause = error.cause or Cause.EXTRACTION_FAILED
        _record_failure(connection, unit, claim, cause, str(error))
        if error.cause is None:
            raise
        return ExtractionReport(
            Outcome.FAILED, seconds=clock.seconds, cause=cause, reason=str(error)
        )
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        _record_failure(connection, unit, claim, Cause.EXTRACTION_FAILED, reason)
        raise
    log.info("%s: %s", unit, report)
    return report


def _wait(connection: Connection, unit: Unit, claim: str, error: StoreError) -> ExtractionReport:
    """Release a unit while its platform does not answer."""
    reason = str(error)
    try:
        ledger.put_back(connection, unit, reason, claim=claim)
    except StateConflict as conflict:
        return ExtractionReport(Outcome.TAKEN, reason=str(conflict))
    platform = ledger.get(connection, unit.obsid).platform
    outages.begin(connection, platform, Service.STORE, reason)
    connection.commit()
    return _paused(unit, reason)


def _wait_for_room(
    connection: Connection, unit: Unit, claim: str, error: psycopg.errors.DiskFull
) -> ExtractionReport:
    """Release a unit while the database's disk is full, as soon as there is room to record it.

    :raises DatabaseError: there is none for minutes.
    """
    reason = _no_room(error)
    for wait in _WAITS_FOR_ROOM_S:
        time.sleep(wait)
        try:
            ledger.put_back(connection, unit, reason, claim=claim)
        except psycopg.errors.DiskFull as again:
            connection.rollback()
            log.warning("%s: cannot be put back yet: %s", unit, again)
        except StateConflict as conflict:
            return ExtractionReport(Outcome.TAKEN, reason=str(conflict))
        else:
            return _paused(unit, reason)
    raise DatabaseError(reason, subject=unit, hint="make room on the database's disk") from error


def _no_room(error: psycopg.errors.DiskFull) -> str:
    return f"the database has no room: {str(error).partition(chr(10))[0]}"


def _paused(unit: Unit, reason: str) -> ExtractionReport:
    log.warning("%s: paused: %s", unit, reason)
    return ExtractionReport(Outcome.PAUSED, cause=Cause.PAUSED, reason=reason)


def _record_failure(
    connection: Connection, unit: Unit, claim: str, cause: Cause, reason: str
) -> None:
    """Record a failure in the ledger; an error while doing so must not hide the failure itself."""
    log.warning("%s: failed: %s: %s", unit, cause, reason)
    try:
        ledger.fail(connection, unit, cause, reason, claim=claim)
    except (psycopg.Error, StateConflict) as error:
        log.warning("%s: its failure could not be recorded: %s", unit, error)


def _extract(connection: Connection, unit: Unit, claim: str, clock: WorkClock) -> ExtractionReport:
    scene = ledger.get(connection, unit.obsid)
    if scene.platform == MADE:
        check_shared(connection, open_store(MADE))
    if scene.card is Card.BS:
        _check_kind(connection, unit, scene)
        connection.commit()
    by_ranges = ranged(connection, scene.id, scene.kind)
    shrunk_by = settings().extraction.inner_buffer_m
    # First, so that parcels that are replaced meanwhile are noticed at the end.
    version = ledger.parcels_version(connection, unit.season)
    parcels = tile_parcels(connection, unit.season, unit.tile, inner_buffer_m=shrunk_by)
    connection.commit()  # no transaction stays open while pixels are read
    with _opened(scene, by_ranges) as product:
        signatures = signatures_of(scene, product, parcels)
    layout = BlockLayout(parcels.blk, parcels.pos)
    statistics, inside = signatures.zonal.statistics, signatures.zonal.inside.any(axis=0)
    records = int((statistics[:, :, COUNT] > 0).sum())
    covered = int(inside.sum())
    flags = flag(signatures.zonal, parcels.vanished, settings().extraction.minimum_pixels)
    counts = _replace(connection, unit, scene, layout, signatures)
    _write_flags(connection, unit, scene, parcels, flags, signatures.rule)
    if scene.card is Card.BS:
        # Units of both kinds may have begun together: the first to end decides.
        hold(connection, Lock.BACKSCATTER, unit.season)
        _check_kind(connection, unit, scene)
    seconds = clock.seconds
    ledger.finish(
        connection,
        unit,
        records,
        seconds,
        claim=claim,
        parcels=covered,
        version=version,
        counts=counts,
    )
    outages.end(connection, scene.platform, Service.STORE)
    connection.commit()
    _release(connection, unit)
    return ExtractionReport(
        Outcome.EXTRACTED if covered else Outcome.NO_PARCELS,
        records,
        covered,
        len(counts.rows),
        seconds,
        empty=int((inside & ~(statistics[:, :, COUNT] > 0).any(axis=0)).sum()),
        flagged=len(flags.parcels),
    )


def _check_kind(connection: Connection, unit: Unit, scene: LedgerScene) -> None:
    """Check that a season has one kind of gamma0: over the ellipsoid, or over the terrain.

    :raises MixedBackscatter: its other scenes are of the other kind.
    """
    kind = (scene.engine or {}).get("gamma0", "ellipsoid")
    values = {"season": unit.season, "obsid": unit.obsid, "gamma0": kind}
    other = connection.execute(query("extraction/other_gamma0"), values).fetchone()
    if other is not None:
        raise MixedBackscatter(
            f"is gamma0 over the {kind}, but others of the season are not: {other.reference}",
            subject=scene.reference,
            hint="make all products of a season with the same card.bs_flattening",
        )


@contextmanager
def _opened(scene: LedgerScene, by_ranges: Ranged | None) -> Iterator[Product]:
    """The product, with its files local while the context is open."""
    if scene.location is None:
        raise ExtractionFailed("has no location in a store", subject=scene.reference)
    with ExitStack() as held:
        try:
            store = open_chain(scene.platform)
            files = store.opened(
                scene.location,
                needed=needed_files(scene.kind),
                ranged=by_ranges,
                checksum=scene.checksum,
            )
            product = open_product(held.enter_context(files), scene.kind)
        except OSError as error:
            raise StoreError(f"the store failed: {error}", subject=scene.location) from error
        yield product


def _release(connection: Connection, unit: Unit) -> None:
    """Remove the local copy of a product once all of its units have ended."""
    scene = ledger.get(connection, unit.obsid)
    connection.commit()
    if scene.status is Status.EXTRACTED and scene.location is not None:
        try:
            open_chain(scene.platform).release(scene.location)
        except (StoreError, OSError) as error:
            log.warning("%s: its local copy was not removed: %s", unit, error)


def _write_flags(
    connection: Connection,
    unit: Unit,
    scene: LedgerScene,
    parcels: TileParcels,
    flags: Flags,
    rule: str,
) -> None:
    connection.execute(
        query("extraction/parcel_flags"),
        {
            "season": unit.season,
            "card": scene.card,
            "rule": rule,
            "pids": [parcels.pid[number] for number in flags.parcels],
            "reasons": flags.reasons,
            "pixels": flags.pixels,
        },
    )


def _replace(
    connection: Connection,
    unit: Unit,
    scene: LedgerScene,
    layout: BlockLayout,
    signatures: Signatures,
) -> UnitCounts:
    """Replace a unit's earlier blocks, and those of superseded scenes, with its new ones.

    :returns: what was written.
    """
    # If two workers have one unit, after a lease ran out, the second waits here, replaces what the
    # first wrote, and is then refused by the ledger.
    hold_named(connection, str(unit))
    values = {"season": unit.season, "obsid": unit.obsid, "tile": unit.tile, "card": scene.card}
    connection.execute(query("extraction/signatures_delete"), values)
    connection.execute(query("extraction/histograms_delete"), values)
    counts = UnitCounts()
    rows = signature_rows(
        layout,
        signatures.zonal,
        unit,
        str(scene.card),
        signatures.rule,
        counts,
        seasons.precision_of(connection, unit.season),
    )
    copy_rows(connection, "signature_block", SIGNATURE_COLUMNS, rows)
    if signatures.histogram:
        classes = histogram_rows(layout, *signatures.histogram, unit)
        copy_rows(connection, "histogram_block", HISTOGRAM_COLUMNS, classes)
    return counts
