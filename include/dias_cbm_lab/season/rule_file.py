"""The rule file of the simulated season: schemes that ask for what is planted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from dias_cbm_lab.season.planting import window

MOWN, NOT_PLOUGHED, ONE_CROP = "meadow_mown", "meadow_not_ploughed", "one_crop"
SCHEMES = (MOWN, NOT_PLOUGHED, ONE_CROP)

_TEXT = """\
# SIMULATED season: schemes of the demo, whose windows lie between its few optical passes.

[sure]
longest_gap_days = 12
gap_confidence = 0.6

[scheme.{mown}]
title = "Meadow mown from {first} to {last}"
source = "the demo"
crops = ["grass*", "*grass"]
need = [{{ marker = "mowing", window = ["{first}", "{last}"] }}]

[scheme.{not_ploughed}]
title = "Meadow not ploughed from {first} to {last}"
source = "the demo"
crops = ["grass*", "*grass"]
forbid = [{{ marker = "ploughing", window = ["{first}", "{last}"] }}]

[scheme.{one_crop}]
title = "One crop on the whole parcel"
source = "the demo"
crops = ["*"]

[[scheme.{one_crop}.need]]
marker = "homogeneity"
value = "mixed"
at_least = 0
at_most = 0.75
"""


def text(looks: Sequence[date]) -> str:
    """The rule file of a season.

    :param looks: days of its optical passes.
    """
    first, last = window(looks)
    return _TEXT.format(
        mown=MOWN,
        not_ploughed=NOT_PLOUGHED,
        one_crop=ONE_CROP,
        first=f"{first:%m-%d}",
        last=f"{last:%m-%d}",
    )
