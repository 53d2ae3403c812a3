"""Parts of a reply with their paths, so that an error can name the one that is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from dias_cbm.errors import SchemaChanged

#: The largest numbers that the columns of the ledger hold.
SMALLINT, INTEGER, BIGINT = 2**15 - 1, 2**31 - 1, 2**63 - 1

#: The longest text that names something, in characters: an index of the ledger holds it, and no
#: platform comes near.
LONGEST_NAME = 500

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")


def is_name(text: str) -> bool:
    """Whether the ledger can hold a text as a name."""
    return 0 < len(text) <= LONGEST_NAME and text.isprintable()


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a reply and the path to it."""

    value: Any
    path: str

    def changed(self, what: str) -> SchemaChanged:
        """The error that says what is missing, and at which path."""
        return SchemaChanged(
            f"{what} at {self.path}",
            subject="catalogue reply",
            hint="the platform's protocol has changed; this version cannot read it",
        )

    def get(self, key: str) -> Node:
        """A member of an object; its value is None if it is absent."""
        if not isinstance(self.value, dict):
            raise self.changed("no object")
        return Node(self.value.get(key), f"{self.path}.{key}")

    def optional(self, kind: type[T]) -> T | None:
        """The value, or None if absent; a value of another type is an error."""
        if self.value is None:
            return None
        # bool is a subclass of int, but is not a number here.
        if not isinstance(self.value, kind) or (kind is int and isinstance(self.value, bool)):
            raise self.changed(f"no {kind.__name__}")
        return self.value

    def required(self, kind: type[T]) -> T:
        """The value; a missing value, or one of another type, is an error."""
        value = self.optional(kind)
        if value is None:
            raise self.changed(f"no {kind.__name__}")
        return value

    def text(self) -> str | None:
        """Printable text; None if it is absent or empty."""
        value = self.optional(str)
        if value is not None and not value.isprintable():
            raise self.changed("no printable text")
        return value or None

    def name(self) -> str:
        """Printable text; absent, empty or endless text is an error."""
        value = self.text()
        if value is None:
            raise self.changed("no text")
        if len(value) > LONGEST_NAME:
            raise self.changed(f"text of {len(value):,} characters")
        return value

    def number(self, largest: int) -> int | None:
        """A whole number from 0 to ``largest``, or None."""
        value = self.optional(int)
        if value is not None and not 0 <= value <= largest:
            raise self.changed(f"{value} is out of range")
        return value

    def time(self) -> datetime:
        """An aware UTC time from ISO 8601 with a zone."""
        try:
            moment = datetime.fromisoformat(self.name())
            if moment.tzinfo is None:
                raise ValueError
            return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.changed("no time with a zone") from None

    def moment(self) -> datetime | None:
        """As :meth:`time`; None if it is absent or empty."""
        return None if self.text() is None else self.time()

    def items(self) -> list[Node]:
        """The members of a list."""
        values = self.required(list)
        return [Node(value, f"{self.path}[{index}]") for index, value in enumerate(values)]

    def counted(self, largest: int) -> int | None:
        """A whole number that may be written as text or as 5.0; None if absent or empty."""
        if self.value is None or self.value == "":
            return None
        # int() of a text without a length limit could take for ever.
        if isinstance(self.value, bool) or len(str(self.value)) > 20:
            raise self.changed("no number")
        try:
            number = float(self.value)
            value = int(number)
        except (TypeError, ValueError, OverflowError):
            raise self.changed("no number") from None
        if value != number or not 0 <= value <= largest:
            raise self.changed(f"{self.value} is not a whole number in range")
        return value

    def milliseconds(self) -> datetime:
        """An aware UTC time from milliseconds since 1970."""
        value = self.required(int)
        try:
            return _EPOCH + timedelta(milliseconds=value)
        except OverflowError:
            raise self.changed("no time in milliseconds") from None
