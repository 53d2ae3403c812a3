"""Tables of a TOML file, read by type: what is wrong with them is gathered in sentences."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

from dias_cbm.rules.language import Table

#: Larger than any number of a rule; a whole number in TOML has no end.
LARGEST = 1e15


class Tables:
    """Reads entries of tables; ``where`` says in a sentence which table it is.

    :param faults: a sentence for each.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []

    def _known(self, table: Table, known: Collection[str], where: str) -> None:
        for key in table:
            if key not in known:
                near = get_close_matches(key, known, 1)
                hint = f"did you mean {near[0]}?" if near else f"It has {', '.join(sorted(known))}."
                self._fault(f"{where}: {key} is not known; {hint}")

    def _table(self, table: Table, key: str, where: str) -> dict[str, Any]:
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self._fault(f"{where}: {key} is a table.")
        return {}

    def _list(self, table: Table, key: str, where: str) -> list[Any]:
        value = table.get(key, [])
        if isinstance(value, list):
            return value
        self._fault(f'{where}: {key} is a list, such as [{{ marker = "mowing" }}].')
        return []

    def _patterns(
        self, table: Table, key: str, where: str, default: tuple[str, ...] = ()
    ) -> tuple[str, ...]:
        """Patterns of texts; with a default, an empty list is a fault."""
        value = table.get(key, list(default))
        texts = isinstance(value, list) and all(isinstance(one, str) and one for one in value)
        if texts and (value or not default):
            return tuple(value)
        self._fault(f'{where}: {key} is a list of patterns, such as ["grass_*"].')
        return default

    def _text(self, table: Table, key: str, where: str) -> str | None:
        """A text, in one line: sentences are made of it, and kept a line each."""
        value = table.get(key)
        if value is None:
            return None
        text = " ".join(value.split()) if isinstance(value, str) else ""
        if text and text.isprintable():
            return text
        self._fault(f"{where}: {key} is a text.")
        return None

    def _number(self, table: Table, key: str, where: str, default: float | None) -> float | None:
        value = table.get(key, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
            self._fault(f"{where}: {key} is a number.")
            return default
        if abs(value) > LARGEST:
            self._fault(f"{where}: {key} is a number up to {LARGEST:g}.")
            return LARGEST
        return value

    def _whole(self, table: Table, key: str, where: str) -> int | None:
        value = table.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
            return value
        self._fault(f"{where}: {key} is a whole number.")
        return None

    def _fault(self, sentence: str) -> None:
        self.faults.append(sentence)
