"""The 24 samples that JRC's QUASSA v2.10 drew from two lists: identical, byte by byte."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from dias_cbm.quality import ranked_list, targets
from dias_cbm.quality.draw import Covered, Options, draw
from dias_cbm.quality.drawn import sample_csv

pytestmark = [pytest.mark.integration, pytest.mark.real_data]

CASES = list(product(("small", "large"), (0, 1), (0, 1, 2), (0, 1)))


@pytest.mark.parametrize(("name", "limit", "covered", "keep"), CASES)
def test_identical(real_data: Path, name: str, limit: int, covered: int, keep: int) -> None:
    folder = real_data / "markers" / "quassa_oracle"
    ranked = ranked_list.read(folder / f"{name}_parcels.csv")
    wanted = targets.read(folder / f"{name}_targets.csv", ranked.groups)
    sample = draw(ranked, wanted, Options(bool(limit), Covered(covered), bool(keep)))
    file = folder / f"{name}_expected_3pct{limit}_covered{covered}_noncontrib{keep}.csv"
    assert sample_csv(sample).encode() == file.read_bytes()


def test_the_large_targets_are_the_default_ones(real_data: Path) -> None:
    folder = real_data / "markers" / "quassa_oracle"
    groups = ranked_list.read(folder / "large_parcels.csv").groups
    given = targets.read(folder / "large_targets.csv", groups)
    assert given == targets.default_targets(groups)
