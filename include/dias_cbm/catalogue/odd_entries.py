"""Odd entries of a listing: set aside by name, as long as the other entries can be read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from dias_cbm.catalogue.adapters.json_path import Node, is_name
from dias_cbm.catalogue.base import Page, Quarantined, Skipped
from dias_cbm.errors import SchemaChanged
from dias_cbm.scenes import Kind, Scene, kind_of_name, parse_name, parse_time, stem

log = logging.getLogger(__name__)

T = TypeVar("T")

_MOST_TEXTS = 10_000


@dataclass(frozen=True, slots=True)
class Odd:
    """An entry that does not have the documented shape.

    :param product_id: the platform's, or else the name, or the path in the reply.
    :param name: of the product, as far as any text in the entry is one.
    """

    product_id: str
    name: str | None
    error: SchemaChanged


def read_each(nodes: Sequence[Node], read: Callable[[Node], T]) -> list[T | Odd]:
    """Read the entries of a reply; those that cannot be read stay in their places as :class:`Odd`.

    :param read: may raise anything for an entry of another shape than documented.
    """
    found: list[T | Odd] = []
    for node in nodes:
        try:
            found.append(read(node))
        except SchemaChanged as error:
            found.append(_odd(node, error))
        except Exception as error:
            found.append(_odd(node, node.changed(f"{type(error).__name__} ({error})")))
    return found


@dataclass(slots=True)
class SetAside:
    """The odd entries of a listing, and the number of those that could be read."""

    read: int = 0
    odd: dict[str, Odd] = field(default_factory=dict)

    def note(self, entries: Sequence[Any]) -> None:
        """Count the entries of a page."""
        for entry in entries:
            if isinstance(entry, Odd):
                self.odd.setdefault(entry.product_id, entry)
            else:
                self.read += 1

    def check(self) -> None:
        """Check that something could be read, if anything was listed.

        :raises SchemaChanged: all entries are odd; the error of the first.
        """
        if self.odd and not self.read:
            raise next(iter(self.odd.values())).error

    def page(self, platform: str, kinds: Collection[Kind], start: datetime | None = None) -> Page:
        """The odd entries as quarantined, or as skipped if they name no product of these kinds.

        :param start: of sensing, for a name that has none.
        :raises SchemaChanged: as :meth:`check`.
        """
        self.check()
        page = Page()
        for odd in self.odd.values():
            reason = f"cannot be read: {odd.error.message}"
            scene = _scene(platform, odd, kinds, start)
            if scene is None:
                name = odd.name or odd.product_id
                log.warning("%s: %s: %s", platform, name, reason)
                page.skipped.append(Skipped(odd.product_id, name, reason))
            else:
                page.quarantined.append(Quarantined(scene.name, reason, scene))
        return page


def _odd(node: Node, error: SchemaChanged) -> Odd:
    name = next(
        (stem(text) for text in _texts(node.value) if is_name(text) and parse_name(text)), None
    )
    value = node.value if isinstance(node.value, dict) else {}
    data = value.get("data")
    ids = (value.get("Id"), value.get("id"), data.get("uid") if isinstance(data, dict) else None)
    known = (text for text in ids if isinstance(text, str) and is_name(text))
    return Odd(next(known, name or node.path), name, error)


def _texts(value: Any) -> Iterator[str]:
    """The last parts of all texts in an entry, in order: names may be in addresses."""
    waiting, seen = [value], 0
    while waiting and seen < _MOST_TEXTS:
        one = waiting.pop()
        seen += 1
        if isinstance(one, str):
            yield one.rstrip("/").rsplit("/", 1)[-1]
        elif isinstance(one, dict):
            waiting += reversed(one.values())
        elif isinstance(one, list):
            waiting += reversed(one)


def _scene(
    platform: str, odd: Odd, kinds: Collection[Kind], start: datetime | None
) -> Scene | None:
    """The scene that a name alone describes; None for a name of anything else."""
    kind = kind_of_name(odd.name) if odd.name else None
    fields = parse_name(odd.name or "")
    start = _moment(fields.get("start")) or _moment(fields.get("first")) or start
    if odd.name is None or kind is None or kind not in kinds or start is None:
        return None
    return Scene(
        platform=platform,
        product_id=odd.product_id,
        name=odd.name,
        kind=kind,
        satellite=fields.get("satellite", kind.sensor),
        start=start,
        end=max(start, _moment(fields.get("end")) or start),
        tile=fields.get("tile"),
    )


def _moment(text: str | None) -> datetime | None:
    try:
        if text and "T" not in text:
            return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC)
        return parse_time(text) if text else None
    except ValueError:
        return None
