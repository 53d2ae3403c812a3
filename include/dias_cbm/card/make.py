"""One scene's step from listed to ready: its CARD product produced, checked and recorded."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dias_cbm import __version__, ledger
from dias_cbm.card.engines import CardEngine, Job, ReadyEngine, engine_of, make_options
from dias_cbm.card.engines.job import Source
from dias_cbm.card.engines.produce import key_of
from dias_cbm.card.made_store import MadeStore, made_store
from dias_cbm.config.platforms import MADE
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.lease import Lease, leased
from dias_cbm.db.queries import query
from dias_cbm.errors import (
    CardFailed,
    CardPending,
    CbmError,
    ObjectMissing,
    ProductError,
    StateConflict,
    StillHeld,
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
from dias_cbm.storage.shared_folder import check_shared
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

    A scene that is ready or further is left alone, so running it twice is safe. A product is made
    by one process at a time, under a lease; a process that has lost it records nothing.

    :param engine: replaces ``ready`` for products that a platform lists, and the card's other
        engines for products to be made here.
    :returns: the result; failures of the product, the store and the engine are returned too, and
        recorded in the ledger with their cause and one more attempt.
    :raises StateConflict: there is no such scene.
    :raises SettingsError: the platform has no usable store, or this machine sees another folder of
        products made here than the others.
    """
    scene = ledger.get(connection, scene_id)
    connection.commit()
    if not _is_open(scene):
        return _unchanged(scene)
    if scene.platform != MADE:
        return _Attempt(connection, scene).run(engine)
    made = made_store()
    check_shared(connection, made.store)
    patience = timedelta(hours=settings().card.hours)
    try:
        with leased(connection, f"making {scene.product_id}", patience) as lease:
            # Another process may have made it during the wait.
            scene = ledger.get(connection, scene_id)
            connection.commit()
            if not _is_open(scene):
                return _unchanged(scene)
            return _Attempt(connection, scene, made, lease).run(engine)
    except StillHeld as error:
        log.warning("%s", error)
        return Outcome(scene.id, scene.status, "paused", Cause.PAUSED, str(error), retryable=True)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt to get a product.

    :param made: where it is made; None for one that a platform has.
    :param lease: held by this process while it makes the product.
    """

    connection: Connection
    scene: LedgerScene
    made: MadeStore | None = None
    lease: Lease | None = None

    def run(self, engine: CardEngine | None) -> Outcome:
        """Get the product, or record why not."""
        connection, scene = self.connection, self.scene
        if scene.online is False:
            return Outcome(scene.id, scene.status, "offline")
        bad = _known_bad(connection, scene)
        if bad and settings().catalogue.known_bad_alone == "gap":
            log.warning("%s: not used: known to be bad: %s", scene.reference, bad)
            return self._record(Status.FAILED, "failed", cause=Cause.KNOWN_BAD, reason=str(bad))
        if pause := outages.current(connection, scene.platform, Service.STORE):
            return self._wait(pause.reason)
        connection.commit()
        job = self._job()
        engine = engine or _engine(connection, scene)
        try:
            with job.held:
                if self.made is not None:
                    self.made.recall(scene.kind, scene.obstime, key_of(job))
                product = engine.produce(job)
                validate(product, scene)
                location, size = self._kept(job, product)
        except CardPending as pending:
            return self._record(Status.ORDERED, "ordered", cause=pending.cause, reason=str(pending))
        except (StoreDown, Throttled) as error:
            if self.made is None:  # else it may be the store of its sources
                outages.begin(connection, scene.platform, Service.STORE, str(error))
            return self._wait(str(error))
        except (StoreError, ProductError, CardFailed) as error:
            if isinstance(error, ObjectMissing | ProductError):  # the store did answer
                outages.end(connection, scene.platform, Service.STORE)
                connection.commit()
            return self._record_failure(error)
        except StateConflict as lost:
            return self._taken_over(lost)
        except OSError as error:
            lost_store = StoreError(f"the store failed: {error}", subject=scene.location)
            return self._record_failure(lost_store)
        provenance = {"fetched_from": job.store.platform} | _provenance(engine, product, size)
        if bad:
            log.warning("%s: used, although known to be bad: %s", scene.reference, bad)
            provenance["known_bad"] = str(bad)
        placed: dict[str, Any] = {} if self.made is None else {"location": location, "size": size}
        outages.end(connection, scene.platform, Service.STORE)
        connection.commit()
        outcome = self._record(Status.READY, "ready", engine=provenance, **placed)
        if self.made is not None and outcome.outcome == "ready":  # else it is another's by now
            self.made.forget(Path(product.path))
        return outcome

    def _job(self) -> Job:
        connection, scene = self.connection, self.scene
        store = open_chain(scene.platform)
        if self.made is None:
            by_ranges = ranged(connection, scene.id, scene.kind)
            connection.commit()
            return Job(scene, store, by_ranges)
        rows = connection.execute(query("card/sources"), {"card": scene.id}).fetchall()
        connection.commit()
        folder = self.made.folder(scene.kind, scene.obstime)
        return Job(
            scene,
            store,
            sources=tuple(Source(row.reference, _opener(row)) for row in rows),
            options=make_options(folder, leased=True),
        )

    def _kept(self, job: Job, product: Product) -> tuple[str | None, int | None]:
        """Location and size of the product in its store, after it was put there."""
        if self.made is None:
            location = self.scene.location
            return location, job.store.size(location) if location else None
        return self.made.keep(Path(product.path), self._check)

    def _check(self) -> None:
        """Make sure that the product is still ours to make.

        :raises StateConflict: it is not.
        """
        if self.lease is not None:
            self.lease.check(self.connection)
            self.connection.commit()

    def _wait(self, reason: str) -> Outcome:
        """Leave a scene as it is while its platform does not answer."""
        scene = self.scene
        log.warning("%s: paused: %s", scene.reference, reason)
        cause = Cause.PAUSED
        if scene.status is Status.FAILED and scene.cause:  # keep what has to be tried again
            cause, reason = scene.cause, scene.reason or reason
        outcome = self._record(scene.status, "paused", cause=cause, reason=reason, retryable=True)
        self.connection.commit()
        return outcome

    def _record_failure(self, error: CbmError) -> Outcome:
        log.warning("%s: %s", self.scene.reference, error)
        return self._record(
            Status.FAILED,
            "failed",
            cause=error.cause,
            reason=str(error),
            retryable=isinstance(error, StoreError),
            attempts=self.scene.attempts + 1,
        )

    def _record(
        self,
        to: Status,
        outcome: str,
        *,
        cause: Cause | None = None,
        reason: str | None = None,
        retryable: bool = False,
        **columns: Any,
    ) -> Outcome:
        try:
            with self.connection.transaction():
                if self.lease is not None:
                    self.lease.check(self.connection)
                ledger.change(
                    self.connection,
                    self.scene.id,
                    expected=self.scene.status,
                    to=to,
                    cause=cause,
                    reason=reason,
                    **columns,
                )
        except StateConflict as error:
            return self._taken_over(error)
        return Outcome(self.scene.id, to, outcome, cause, reason, retryable)

    def _taken_over(self, error: StateConflict) -> Outcome:
        """Another process was faster; its result stands."""
        log.warning("%s: %s", self.scene.reference, error)
        self.connection.rollback()
        now = ledger.get(self.connection, self.scene.id)
        self.connection.commit()
        return _unchanged(now)


def _unchanged(scene: LedgerScene) -> Outcome:
    return Outcome(scene.id, scene.status, "unchanged", scene.cause, scene.reason)


def _known_bad(connection: Connection, scene: LedgerScene) -> KnownBad | None:
    """Why a product is bad, by its own name or that of an acquisition it is made from."""
    rows = connection.execute(query("card/sources"), {"card": scene.id}).fetchall()
    connection.commit()
    return why_bad([scene.reference, *(row.reference for row in rows)])


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
