"""Memory of phrases: most parcels of a season are told of what another was told before."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence


class Memory:
    """Phrases that were said before, by all that they depend on: most parcels are not the first.

    It is kept from block to block; of one sort of phrase it holds so many.
    """

    _MOST = 10_000

    def __init__(self) -> None:
        self._known: dict[Hashable, dict[Hashable, str]] = {}

    def texts(
        self,
        sort: Hashable,
        rows: Sequence[int],
        keys: Iterable[Hashable],
        said: Callable[[int], str],
    ) -> list[str]:
        """The phrase of each row.

        :param sort: of phrases.
        :param keys: of each row, what its phrase depends on beside its sort.
        :param said: says the phrase of a row.
        """
        known = self._known.setdefault(sort, {})
        if len(known) > self._MOST:
            known.clear()
        found = []
        for row, key in zip(rows, keys, strict=True):
            text = known.get(key)
            if text is None:
                text = known[key] = said(row)
            found.append(text)
        return found
