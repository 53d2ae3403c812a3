"""The input of every benchmark: sizes, caches, rounds and a database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.generator import Case, Work, make

TILE = Case("tile", 100_000, 11_000, 11_000)
SMALL_TILE = Case("small-tile", 20_000, 4_900, 4_900)
NATION = Case("nation", 150_000, 25_000, 17_000)
_QUICK_TILE = Case("quick-tile", 2_000, 1_600, 1_600)
_QUICK_NATION = Case("quick-nation", 2_400, 2_600, 2_600)


@dataclass(frozen=True, slots=True)
class Bench:
    """The settings of one run.

    :param admin_url: of a database in the cluster to use.
    :param cache: folder for generated data.
    :param quick: small sizes, which only check that everything works.
    :param parcels: of the seasons of window and nation, instead of a country's.
    :param database: name of the one in which nation's season is kept; a scratch one without.
    :param seconds: for which inspectors click, instead of five minutes.
    """

    admin_url: str
    cache: Path
    quick: bool = False
    parcels: int | None = None
    database: str | None = None
    seconds: float | None = None

    @property
    def rounds(self) -> int:
        """How often contestants take turns."""
        return 2 if self.quick else 5

    def sample(self, full: int) -> int:
        """The number of parcels for a slow peer."""
        return 200 if self.quick else full

    def tile(self) -> Work:
        """100,000 parcels on 11,000 x 11,000 pixels."""
        return make(_QUICK_TILE if self.quick else TILE, self.cache)

    def small_tile(self) -> Work:
        """20,000 parcels on 4,900 x 4,900 pixels."""
        return make(_QUICK_TILE if self.quick else SMALL_TILE, self.cache)

    def nation(self) -> Work:
        """150,000 parcels on 25,000 x 17,000 pixels."""
        return make(_QUICK_NATION if self.quick else NATION, self.cache)
