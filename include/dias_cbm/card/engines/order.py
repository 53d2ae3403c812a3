"""Products ordered from a platform: ordered once, polled until ready, fetched."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dias_cbm import ledger
from dias_cbm.card.engines.job import Job, MakeOptions
from dias_cbm.card.engines.produce import MakingEngine
from dias_cbm.card.orders.book import Entry, OrderBook
from dias_cbm.card.orders.service import OPEN, OrderService, OrderState, RemoteOrder
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.errors import (
    BadQuery,
    CardFailed,
    CardPending,
    CatalogueError,
    QuotaExhausted,
    RateLimited,
    SchemaChanged,
    Unavailable,
)
from dias_cbm.products.provenance import MadeProduct
from dias_cbm.products.readers.archive import unpack_whole
from dias_cbm.scenes import Kind, Status, parse_name
from dias_cbm.storage import open_chain

log = logging.getLogger(__name__)

# Letters that are harmless in the name of a folder.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")


class OrderEngine(MakingEngine):
    """Products that a platform makes on order.

    :param connection: to the database with the order book.
    :param platform: whose service; by default the setting ``order.platform``, or ``platform``.
    """

    name = "order"

    def __init__(self, connection: Connection, platform: str | None = None) -> None:
        current = settings()
        self.platform = platform or current.order.platform or current.platform
        self._book = OrderBook(connection, self.platform)

    def make(self, job: Job, options: MakeOptions, work: Path) -> MadeProduct:
        """Order the product, or ask how its order stands; fetch it once it is complete.

        :raises CardPending: it is not complete yet, or the service does not answer.
        :raises QuotaExhausted: nothing may be ordered now.
        :raises CardFailed: the service refuses it, or has failed too often.
        """
        if options.flattening and job.scene.kind is Kind.CARD_BS:
            raise CardFailed(
                "is ordered as gamma0 over the ellipsoid, and gamma0 over the terrain is set",
                subject=job.scene.reference,
                hint="leave order out of card.bs_engines, or unset card.bs_flattening",
            )
        with OrderService(self.platform) as service:
            try:
                entry = self._complete(service, job)
            except (Unavailable, RateLimited) as error:
                raise CardPending(
                    f"the order service does not answer: {error}", subject=job.scene.reference
                ) from error
            except CatalogueError as error:
                raise CardFailed(
                    f"the order service cannot be used: {error}", subject=job.scene.reference
                ) from error
            target, fetched_from = self._fetch(service, entry, work)
        return MadeProduct(
            target,
            job.scene.kind,
            {
                "platform": self.platform,
                "order": entry.external_id,
                "workflow": entry.workflow,
                "product": target.name,
                "fetched_from": fetched_from,
            },
        )

    def waits(self, service: OrderService, reference: str) -> bool:
        """Whether a product still has to wait; asks the service about its order.

        :param reference: its name in the ledger.
        :raises CatalogueError: the service does not answer.
        """
        with self._book.held():
            entry = self._book.current(_name_of(reference))
            if entry is not None and entry.state in OPEN:
                entry = self._ask(service, entry)
            if entry is not None and entry.state in (*OPEN, OrderState.COMPLETED):
                return entry.state in OPEN
            return self._book.quota().exhausted is not None

    def _complete(self, service: OrderService, job: Job) -> Entry:
        """The completed order of a job.

        :raises CardPending: there is none yet.
        """
        name = _name_of(job.scene.reference)
        with self._book.held():
            entry = self._book.current(name)
            if entry is not None and entry.state in OPEN:
                entry = self._ask(service, entry)
            if entry is None or entry.state not in (*OPEN, OrderState.COMPLETED):
                entry = self._order(service, entry, name, job)
        if entry.state is not OrderState.COMPLETED:
            since = f"{entry.placed_at:%Y-%m-%d %H:%M} UTC"
            raise CardPending(
                f"order {entry.external_id} at {self.platform} is {entry.state} since {since}",
                subject=job.scene.reference,
            )
        return entry

    def _ask(self, service: OrderService, entry: Entry) -> Entry:
        """An open order, updated from the service."""
        if entry.external_id is None:
            remote = _latest(service.find(entry.order_name))
            if remote is None:
                # It never arrived: its entry in the book is used again.
                return self._place(service, entry)
        else:
            remote = service.status(entry.external_id)
        if remote is None:
            return self._book.change(entry, OrderState.LOST, reason="the service does not know it")
        entry = self._note(service, entry, remote)
        patience = timedelta(hours=settings().order.patience_hours)
        if entry.state in OPEN and datetime.now(UTC) - entry.placed_at > patience:
            hours = patience / timedelta(hours=1)
            reason = f"{remote.status} for more than {hours:g} h"
            return self._book.change(entry, OrderState.LOST, reason=reason)
        return entry

    def _note(self, service: OrderService, entry: Entry, remote: RemoteOrder) -> Entry:
        """Record an order's state at the service in the book."""
        result = None
        if remote.state is OrderState.COMPLETED:
            found = service.result(remote.id)
            result = {"name": found.name, "location": found.location or ""}
        failed = remote.state in (OrderState.FAILED, OrderState.CANCELLED)
        return self._book.change(
            entry,
            remote.state,
            external_id=remote.id,
            workflow=remote.workflow,
            reason=f"{self.platform} says {remote.status}" if failed else None,
            result=result,
        )

    def _order(self, service: OrderService, before: Entry | None, name: str, job: Job) -> Entry:
        """Order for the first time, or again after a failure."""
        limit = settings().order.attempts
        if before is not None and before.attempt >= limit:
            raise CardFailed(
                f"ordered {before.attempt} times from {self.platform}; last order"
                f" {before.state}: {before.reason}",
                subject=job.scene.reference,
            )
        exhausted = (quota := self._book.quota()).exhausted
        if exhausted:
            log.warning("%s: quota: %s", self.platform, quota)
            raise QuotaExhausted(
                f"{self.platform}: {exhausted}",
                subject=job.scene.reference,
                hint="it is ordered once the quota allows; see orders_per_month",
            )
        if before is not None:
            log.warning("%s: ordered again: %s: %s", name, before.state, before.reason)
        return self._place(service, self._book.open(name, job.scene.kind, job.sources[0].name))

    def _place(self, service: OrderService, entry: Entry) -> Entry:
        """Place an order that is in the book but not, as far as we know, at the service."""
        try:
            workflow = service.workflow(entry.kind)
            self._book.check()
            remote = service.place(workflow, entry.order_name, entry.source)
        except (BadQuery, CardFailed) as error:
            self._book.change(entry, OrderState.FAILED, reason=str(error))
            raise CardFailed(
                f"{self.platform} refuses it: {error}", subject=entry.source
            ) from error
        except CatalogueError as error:
            raise CardPending(
                f"the order may not have arrived: {error}",
                subject=entry.source,
                hint="the service is asked for its name before it is ordered again",
            ) from error
        log.info("%s: order %s placed: %s", entry.name, remote.id, self._book.quota())
        return self._note(service, entry, remote)

    def _fetch(self, service: OrderService, entry: Entry, work: Path) -> tuple[Path, str]:
        """Copy the product of a completed order, since the platform keeps it for days only.

        :returns: its folder, and where it was fetched from.
        """
        if entry.result is None or entry.external_id is None:
            raise SchemaChanged("the completed order has no product", subject=entry.name)
        target = work / _checked(entry.result["name"], entry)
        if location := entry.result["location"]:
            store = open_chain(self.platform)
            store.fetch(location, target)
            return target, store.platform
        packed = work / f"{target.name}.zip"
        try:
            service.download(entry.external_id, packed)
        except OSError as error:
            raise CardFailed(f"cannot be downloaded: {error}", subject=entry.name) from error
        except (Unavailable, RateLimited) as error:
            raise CardPending(f"the download was cut off: {error}", subject=entry.name) from error
        unpack_whole(packed, target)
        packed.unlink()
        return target, f"{self.platform}, order service"


def _checked(name: str, entry: Entry) -> str:
    """The name of a product that the service delivers; it becomes the name of a folder.

    :raises CardFailed: letters that no product has, or a product that was not ordered.
    """
    start = parse_name(entry.source).get("start")
    if not _NAME.fullmatch(name) or ".." in name:
        raise CardFailed(
            f"{entry.platform} gives its product a name with other letters than names have:"
            f" {name[:60]!r}",
            subject=entry.name,
        )
    if not name.startswith(entry.source[:3]) or start is None or start not in name:
        raise CardFailed(
            f"{entry.platform} delivers {name[:120]}, which was not ordered", subject=entry.name
        )
    return name


def still_waiting(connection: Connection, scene_ids: Sequence[int]) -> list[int]:
    """The scenes whose ordered product is not ready yet; fetches nothing.

    Leaves out scenes that are not on order, and those that the quota now allows to order.

    :raises CatalogueError: the order service does not answer.
    """
    engine = OrderEngine(connection)
    left = []
    with OrderService(engine.platform) as service:
        for scene_id in scene_ids:
            scene = ledger.get(connection, scene_id)
            connection.commit()
            if scene.status is Status.ORDERED and engine.waits(service, scene.reference):
                left.append(scene_id)
    return left


def _name_of(reference: str) -> str:
    """The name of an order, here and at the service."""
    return f"cbm-{reference}"


def _latest(orders: list[RemoteOrder]) -> RemoteOrder | None:
    """The order that counts among several of one name: one that may still bring the product."""
    useful = [one for one in orders if one.state in (*OPEN, OrderState.COMPLETED)]
    return next(iter(useful or orders), None)
