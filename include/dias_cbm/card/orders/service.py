"""On-demand production of CDSE and CREODIAS (OData): workflows, orders, results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dias_cbm.cards import BY_KIND
from dias_cbm.config.settings import settings
from dias_cbm.errors import BadQuery, CardFailed, SchemaChanged, SettingsError
from dias_cbm.scenes import Kind
from dias_cbm.transport.http import Client
from dias_cbm.transport.tokens import Tokens


class OrderState(StrEnum):
    """State of an order in the book."""

    PLACING = "placing"
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"


#: Still to come.
OPEN = (OrderState.PLACING, OrderState.QUEUED, OrderState.RUNNING)

# The service's own words, from the documentation and from recorded replies.
_STATES: Mapping[str, OrderState] = {
    "queued": OrderState.QUEUED,
    "in_progress": OrderState.RUNNING,
    "processing": OrderState.RUNNING,
    "downloading": OrderState.RUNNING,
    "completed": OrderState.COMPLETED,
    "done": OrderState.COMPLETED,
    "already_done": OrderState.COMPLETED,
    "failed": OrderState.FAILED,
    "cancelled": OrderState.CANCELLED,
    "canceled": OrderState.CANCELLED,
}

#: What workflows that make a card may list as their output.
_OUTPUTS: Mapping[Kind, tuple[str, ...]] = {
    kind: (row.product_type, *row.other_types) for kind, row in BY_KIND.items()
}


@dataclass(frozen=True, slots=True)
class Workflow:
    """One of the service's ways to make products.

    :param version: the one to order.
    """

    name: str
    version: str | None


@dataclass(frozen=True, slots=True)
class RemoteOrder:
    """An order as the service reports it.

    :param name: the name that we gave it.
    :param status: in the service's own words.
    """

    id: str
    name: str
    state: OrderState
    status: str
    workflow: str | None
    submitted: datetime | None


@dataclass(frozen=True, slots=True)
class Result:
    """The product of an order.

    :param location: in the platform's store; None if it can only be downloaded.
    """

    name: str
    location: str | None


class OrderService:
    """The order service of a platform; close it when done.

    :param platform: a name in the setting ``platforms`` with an ``order_url``.
    :raises SettingsError: it has none.
    """

    def __init__(self, platform: str) -> None:
        service = settings().known(platform)
        if not service.order_url:
            raise SettingsError("has no order service", subject=platform, hint="set its order_url")
        self.platform, self._url = platform, service.order_url.rstrip("/")
        tokens = Tokens(platform, service) if service.token_url and service.username else None
        header = tokens.header if tokens else None
        self._client = Client(platform, authorisation=header)
        # A lost confirmation must not place an order twice.
        self._once = Client(platform, authorisation=header, attempts=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.close()
        self._once.close()

    def workflow(self, kind: Kind) -> Workflow:
        """The newest workflow that makes a kind of product.

        :raises CardFailed: the service has none.
        :raises CatalogueError: it does not answer.
        """
        reply = self._client.get_json(f"{self._url}/Workflows")
        found = [
            Workflow(_text(entry, "Name"), entry.get("WorkflowVersion"))
            for entry in _entries(reply)
            if _plain(entry.get("OutputProductType")) in map(_plain, _OUTPUTS[kind])
        ]
        if not found:
            raise CardFailed(f"has no workflow that makes {kind}", subject=self.platform)
        return max(found, key=lambda one: _numbers(one.version))

    def find(self, name: str) -> list[RemoteOrder]:
        """Our orders of this name, sorted as the service returns them.

        :raises CatalogueError: it does not answer.
        """
        filtered = {"$filter": f"Name eq '{name}'"}
        reply = self._client.get_json(f"{self._url}/ProductionOrders", filtered)
        return [order for entry in _entries(reply) if (order := _order(entry)).name == name]

    def place(self, workflow: Workflow, name: str, source: str) -> RemoteOrder:
        """Order a product. Not repeated: a lost confirmation does not mean a lost order.

        :param name: of the order.
        :param source: name of the acquisition.
        :raises BadQuery: the service refuses it.
        :raises CatalogueError: it may or may not have been placed; look for its name.
        """
        body: dict[str, Any] = {
            "WorkflowName": workflow.name,
            "InputProductReference": {"Reference": f"{source}.SAFE"},
            "Priority": 1,
            "Name": name,
        }
        if workflow.version:
            body["WorkflowOptions"] = [{"Name": "version", "Value": workflow.version}]
        reply = self._once.post_json(f"{self._url}/ProductionOrder/OData.CSC.Order", body)
        return _order(_value(reply))

    def status(self, order_id: str) -> RemoteOrder | None:
        """The current state of an order; None if the service does not know it.

        :raises CatalogueError: it does not answer.
        """
        try:
            reply = self._client.get_json(f"{self._url}/ProductionOrders({order_id})")
        except BadQuery as error:
            if error.message.startswith("HTTP 404"):
                return None
            raise
        return _order(_value(reply))

    def result(self, order_id: str) -> Result:
        """The product of a completed order.

        :raises SchemaChanged: the reply lacks the product's name.
        :raises CatalogueError: the service does not answer.
        """
        reply = self._client.get_json(f"{self._url}/ProductionOrder({order_id})/Product")
        value = _value(reply)
        return Result(_text(value, "Name"), value.get("S3Path") or None)

    def download(self, order_id: str, file: Path) -> None:
        """Download the product of a completed order, a zip, from the service itself.

        :raises CatalogueError: it does not answer.
        :raises OSError: the file cannot be written.
        """
        self._client.download(f"{self._url}/ProductionOrder({order_id})/Product/$value", file)


def _order(value: Mapping[str, Any]) -> RemoteOrder:
    status = _text(value, "Status")
    state = _STATES.get(status.strip().lower().replace(" ", "_").replace("-", "_"))
    if state is None:
        raise SchemaChanged(f"unknown status {status!r}", subject="$.value.Status")
    number = value.get("Id")
    if isinstance(number, bool) or not isinstance(number, int | str) or not str(number).isalnum():
        raise SchemaChanged(f"no id of an order: {number!r}", subject="$.value.Id")
    submitted = value.get("SubmissionDate")
    return RemoteOrder(
        id=str(number),
        name=str(value.get("Name") or ""),
        state=state,
        status=status,
        workflow=value.get("WorkflowName"),
        submitted=datetime.fromisoformat(submitted) if isinstance(submitted, str) else None,
    )


def _value(reply: Any) -> Mapping[str, Any]:
    """The entity in a reply: under ``value``, or the reply itself."""
    value = reply.get("value", reply) if isinstance(reply, dict) else None
    if not isinstance(value, dict):
        raise SchemaChanged("no object at $.value")
    return value


def _entries(reply: Any) -> list[Mapping[str, Any]]:
    value = reply.get("value") if isinstance(reply, dict) else None
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise SchemaChanged("no list of objects at $.value")
    return value


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str) or not found:
        raise SchemaChanged(f"no text at $.{name}")
    return found


def _plain(text: Any) -> str:
    return str(text or "").upper().replace("_", "-")


def _numbers(version: str | None) -> tuple[int, ...]:
    return tuple(int(part) for part in (version or "").split(".") if part.isdecimal())
