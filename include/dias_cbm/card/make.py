"""One scene's step from listed to ready: its CARD product produced, checked and recorded."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dias_cbm import __version__, ledger
from dias_cbm.card.engines import CardEngine, Job, ReadyEngine, engine_of, make_options
from dias_cbm.card.engines.job import Source
from dias_cbm.card.local_store import folder_of, location_in, made_store
from dias_cbm.config.platforms import MADE
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import (
    CardFailed,
    CardPending,
    CbmError,
    ObjectMissing,
    ProductError,
    StateConflict,
    StoreDown,
    StoreError,
    Throttled,
)
from dias_cbm.known_bad import KnownBad, why_bad
from dias_cbm.ledger import LedgerScene
from dias_cbm.products.model import Product
from dias_cbm.products.overlap import limited
from dias_cbm.products.range_reads import ranged
from dias_cbm.products.validate import validate
from dias_cbm.scenes import Cause, Status, explained
from dias_cbm.storage import open_chain
from dias_cbm.transport import outages
from dias_cbm.transport.outages import Service

log = logging.getLogger(__name__)

#: Failures that a new attempt may cure; it cannot cure others, such as a missing footprint.
_CURABLE = (
    Cause.FETCH_FAILED,
    Cause.CORRUPT,
    Cause.CARD_FAILED,
    Cause.ORBIT_UNREADABLE,
    Cause.KNOWN_BAD,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of the attempt.

    :param status: of the scene in the ledger, afterwards.
    :param outcome: ``ready``, ``failed``, ``ordered`` (it is being made elsewhere, or waits for its
        turn), ``offline`` (the platform must stage it first), ``paused`` (its platform does not
        answer; no attempt is counted), or ``unchanged`` (nothing to do in this state).
    :param cause: why it failed or waits, as stored in the ledger.
    :param reason: the same in words.
    :param retryable: the store did not deliver it, which may be temporary.
    """

    scene_id: int
    status: Status
    outcome: str
    cause: Cause | None = None
    reason: str | None = None
    retryable: bool = False

    @property
    def why(self) -> str:
        """Cause and reason for people; empty without either."""
        return explained(self.cause, self.reason)


def make_card(connection: Connection, scene_id: int, engine: CardEngine | None = None) -> Outcome:
    """Get a scene's CARD product, validate it, and record the result; commits.

    A scene that is ready or further is left alone, so running it twice is safe.

    :param engine: replaces ``ready`` for products that a platform lists, and the card's other
        engines for products to be made here.
    :returns: the result; failures of the product, the store and the engine are returned too, and
        recorded in the ledger with their cause and one more attempt.
    :raises StateConflict: there is no such scene.
    :raises SettingsError: the platform has no usable store.
    """
    scene = ledger.get(connection, scene_id)
    connection.commit()
    if not _is_open(scene):
        return Outcome(scene_id, scene.status, "unchanged", scene.cause, scene.reason)
    if scene.online is False:
        return Outcome(scene_id, scene.status, "offline")
    bad = _known_bad(connection, scene)
    if bad and settings().catalogue.known_bad_alone == "gap":
        log.warning("%s: not used: known to be bad: %s", scene.reference, bad)
        return _record(
            connection, scene, Status.FAILED, "failed", cause=Cause.KNOWN_BAD, reason=str(bad)
        )
    if pause := outages.current(connection, scene.platform, Service.STORE):
        return _wait(connection, scene, pause.reason)
    connection.commit()
    job = _job(connection, scene)
    engine = engine or _engine(connection, scene)
    try:
        with job.held:
            product = engine.produce(job)
            validate(product, scene)
            location = _location(scene, product)
            size = job.store.size(location) if location else None
    except CardPending as pending:
        why = str(pending)
        return _record(
            connection, scene, Status.ORDERED, "ordered", cause=pending.cause, reason=why
        )
    except (StoreDown, Throttled) as error:
        if scene.platform != MADE:  # else it is the store of its sources
            outages.begin(connection, scene.platform, Service.STORE, str(error))
        return _wait(connection, scene, str(error))
    except (StoreError, ProductError, CardFailed) as error:
        if isinstance(error, ObjectMissing | ProductError):  # the store did answer
            outages.end(connection, scene.platform, Service.STORE)
            connection.commit()
        return _record_failure(connection, scene, error)
    except OSError as error:
        lost = StoreError(f"the store failed: {error}", subject=scene.location)
        return _record_failure(connection, scene, lost)
    provenance = {"fetched_from": job.store.platform} | _provenance(engine, product, size)
    if bad:
        log.warning("%s: used, although known to be bad: %s", scene.reference, bad)
        provenance["known_bad"] = str(bad)
    placed: dict[str, Any] = {"location": location, "size": size} if scene.platform == MADE else {}
    outages.end(connection, scene.platform, Service.STORE)
    connection.commit()
    return _record(connection, scene, Status.READY, "ready", engine=provenance, **placed)


def _known_bad(connection: Connection, scene: LedgerScene) -> KnownBad | None:
    """Why a product is bad, by its own name or that of an acquisition it is made from."""
    rows = connection.execute(query("card/sources"), {"card": scene.id}).fetchall()
    connection.commit()
    return why_bad([scene.reference, *(row.reference for row in rows)])


def _job(connection: Connection, scene: LedgerScene) -> Job:
    store = open_chain(scene.platform)
    if scene.platform != MADE:
        by_ranges = ranged(connection, scene.id, scene.kind)
        connection.commit()
        return Job(scene, store, by_ranges)
    rows = connection.execute(query("card/sources"), {"card": scene.id}).fetchall()
    connection.commit()
    folder = folder_of(made_store(), scene.kind, scene.obstime)
    return Job(
        scene,
        store,
        sources=tuple(Source(row.reference, _opener(row)) for row in rows),
        options=make_options(folder),
    )


def _opener(row: Any) -> Callable[[ExitStack], Path]:
    """A function that provides an acquisition's files."""

    def open_source(held: ExitStack) -> Path:
        if not row.location:
            raise ObjectMissing("has no location in the catalogue", subject=row.reference)
        return held.enter_context(
            open_chain(row.platform).opened(row.location, checksum=row.checksum)
        )

    return open_source


def _engine(connection: Connection, scene: LedgerScene) -> CardEngine:
    if scene.platform != MADE or scene.card is None:
        return ReadyEngine()
    return engine_of(scene.card, connection)


def _location(scene: LedgerScene, product: Product) -> str | None:
    if scene.platform != MADE:
        return scene.location
    return location_in(made_store(), Path(product.path))


def _is_open(scene: LedgerScene) -> bool:
    if scene.status is Status.FAILED:
        return scene.engine is None and scene.cause in _CURABLE
    return scene.status in (Status.INGESTED, Status.ORDERED)


def _provenance(engine: CardEngine, product: Product, size: int | None) -> dict[str, Any]:
    layers = list(product.bands.values()) + ([product.scl] if product.scl else [])
    _, left_out = limited(layers)
    return {
        "engine": engine.name,
        "version": __version__,
        "checked_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "bytes": size,
        "bands": {
            band.name: {
                "dtype": band.dtype,
                "nodata": band.nodata,
                "scale": band.scale,
                "offset": band.offset,
                "crs": band.grid.crs.to_string() if band.grid.crs else None,
                "pixel": band.grid.transform.a,
            }
            for band in layers
        },
        **({"not_covered": left_out} if left_out else {}),
        **product.attributes,
    }


def _wait(connection: Connection, scene: LedgerScene, reason: str) -> Outcome:
    """Leave a scene as it is while its platform does not answer."""
    log.warning("%s: paused: %s", scene.reference, reason)
    cause = Cause.PAUSED
    if scene.status is Status.FAILED and scene.cause:  # keep what has to be tried again
        cause, reason = scene.cause, scene.reason or reason
    outcome = _record(
        connection, scene, scene.status, "paused", cause=cause, reason=reason, retryable=True
    )
    connection.commit()
    return outcome


def _record_failure(connection: Connection, scene: LedgerScene, error: CbmError) -> Outcome:
    log.warning("%s: %s", scene.reference, error)
    return _record(
        connection,
        scene,
        Status.FAILED,
        "failed",
        cause=error.cause,
        reason=str(error),
        retryable=isinstance(error, StoreError),
        attempts=scene.attempts + 1,
    )


def _record(
    connection: Connection,
    scene: LedgerScene,
    to: Status,
    outcome: str,
    *,
    cause: Cause | None = None,
    reason: str | None = None,
    retryable: bool = False,
    **columns: Any,
) -> Outcome:
    try:
        with connection.transaction():
            ledger.change(
                connection,
                scene.id,
                expected=scene.status,
                to=to,
                cause=cause,
                reason=reason,
                **columns,
            )
    except StateConflict:
        # Another task was faster; its result stands.
        now = ledger.get(connection, scene.id)
        connection.commit()
        return Outcome(scene.id, now.status, "unchanged", now.cause, now.reason)
    return Outcome(scene.id, to, outcome, cause, reason, retryable)
