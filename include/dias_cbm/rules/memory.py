"""Memory of phrases, since most parcels of a season get a phrase that another one has."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence


class Memory:
    """Phrases by all that they depend on, kept from block to block.

    When a sort of phrases has more than 10,000, it is emptied.
    """

    _MOST = 10_000

    def __init__(self) -> None:
        self._known: dict[Hashable, dict[Hashable, str]] = {}

    def texts(
        self,
        sort: Hashable,
        rows: Sequence[int],
        keys: Iterable[Hashable],
        phrase: Callable[[int], str],
    ) -> list[str]:
        """The phrase of each row.

        :param sort: of phrases.
        :param keys: what the phrase of each row depends on, apart from its sort.
        :param phrase: makes the phrase of a row.
        """
        known = self._known.setdefault(sort, {})
        if len(known) > self._MOST:
            known.clear()
        found = []
        for row, key in zip(rows, keys, strict=True):
            text = known.get(key)
            if text is None:
                text = known[key] = phrase(row)
            found.append(text)
        return found
