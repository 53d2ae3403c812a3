"""The order book, table ``card_order``: it knows what was ordered after any restart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from dias_cbm.card.orders.service import OrderState
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.lease import Lease, leased
from dias_cbm.db.queries import query
from dias_cbm.errors import CardPending, StateConflict, StillHeld
from dias_cbm.scenes import Kind


@dataclass(frozen=True, slots=True)
class Entry:
    """One order of ours.

    :param attempt: how many orders of this product there have been, this one included.
    :param external_id: the service's; None until it has confirmed the order.
    """

    id: int
    platform: str
    name: str
    attempt: int
    kind: Kind
    source: str
    workflow: str | None
    external_id: str | None
    state: OrderState
    reason: str | None
    placed_at: datetime
    result: Mapping[str, str] | None

    @property
    def order_name(self) -> str:
        """The name of the order at the service; no two orders of ours share it."""
        return self.name if self.attempt == 1 else f"{self.name}-{self.attempt}"


@dataclass(frozen=True, slots=True)
class Quota:
    """What a platform allows us to order, and how much of it is used; 0 allowed means no limit."""

    month: int
    per_month: int
    running: int
    at_once: int

    @property
    def exhausted(self) -> str | None:
        """Why nothing may be ordered now; None if something may."""
        if self.per_month and self.month >= self.per_month:
            return f"{self.month} of {self.per_month} products of this month ordered"
        if self.at_once and self.running >= self.at_once:
            return f"{self.running} of {self.at_once} orders running at once"
        return None

    def __str__(self) -> str:
        def of(used: int, allowed: int) -> str:
            return f"{used} of {allowed}" if allowed else f"{used}, no limit"

        return (
            f"{of(self.month, self.per_month)} this month, {of(self.running, self.at_once)} running"
        )


class OrderBook:
    """A platform's orders; commits every change at once.

    :param connection: of the database, without an open transaction.
    """

    def __init__(self, connection: Connection, platform: str) -> None:
        self._connection, self.platform = connection, platform
        self._lease: Lease | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep all other processes on the database from the platform's orders.

        :raises CardPending: another process has had them for longer than a product may take.
        """
        patience = timedelta(hours=settings().card.hours)
        try:
            with leased(self._connection, f"orders at {self.platform}", patience) as lease:
                self._lease = lease
                yield
        except StillHeld as error:
            raise CardPending(str(error), subject=self.platform) from error

    def check(self) -> None:
        """Make sure, before something is ordered, that the orders are still ours alone.

        :raises CardPending: another process has taken them over.
        """
        try:
            if self._lease is not None:
                self._lease.check(self._connection)
        except StateConflict as error:
            raise CardPending(str(error), subject=self.platform) from error
        finally:
            self._connection.rollback()

    def current(self, name: str) -> Entry | None:
        """The latest order of a product."""
        row = self._row("card/order_current", {"name": name})
        return None if row is None else _entry(row)

    def open(self, name: str, kind: Kind, source: str) -> Entry:
        """Record that a product is about to be ordered."""
        values = {"name": name, "kind": kind, "source": source}
        return _entry(self._row("card/order_open", values))

    def change(
        self,
        entry: Entry,
        state: OrderState,
        *,
        reason: str | None = None,
        workflow: str | None = None,
        external_id: str | None = None,
        result: Mapping[str, str] | None = None,
    ) -> Entry:
        """Record a new state of an order."""
        values = {
            "id": entry.id,
            "state": state,
            "reason": reason,
            "workflow": workflow,
            "external_id": external_id,
            "result": None if result is None else Jsonb(dict(result)),
        }
        return _entry(self._row("card/order_change", values))

    def quota(self) -> Quota:
        """What may still be ordered."""
        row = self._row("card/order_quota", {})
        service = settings().known(self.platform)
        return Quota(row.month, service.orders_per_month, row.running, service.orders_at_once)

    def _row(self, name: str, values: Mapping[str, Any]) -> Any:
        row = self._connection.execute(
            query(name), {"platform": self.platform} | dict(values)
        ).fetchone()
        self._connection.commit()
        return row


def _entry(row: Any) -> Entry:
    return Entry(**row._asdict() | {"kind": Kind(row.kind), "state": OrderState(row.state)})
