"""Evidence for colours: rules on parcels that are known, with and without some of their looks.

Markers read the series of parcels, as they do in a season, and rules judge their answers. Looks are
then deleted, and all is done again: no parcel may turn red by that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers import registry
from dias_cbm.markers.answers import left_open
from dias_cbm.markers.events import Events, States
from dias_cbm.markers.marker import Window
from dias_cbm.markers.series import ParcelSeries
from dias_cbm.markers.store import Answer, Input, StoredBlock
from dias_cbm.rules.colours import Colour
from dias_cbm.rules.language import RuleFile
from dias_cbm.rules.reading import parse
from dias_cbm.rules.schemes import judge

#: One scheme of each kind of question, by every marker that may make a red.
SCHEMES = """
[scheme.mown]
need = [{ marker = "mowing", window = ["04-15", "07-31"] }]
[scheme.mown_late]
need = [{ marker = "mowing", window = ["06-15", "07-31"] }]
forbid = [{ marker = "mowing", window = ["03-01", "06-14"] }]
[scheme.mown_twice]
need = [{ marker = "mowing", window = ["04-15", "09-30"], at_least = 2, min_interval_days = 28 }]
[scheme.mown_of_that_kind]
need = [{ marker = "mowing", kind = "mowing", window = ["05-01", "08-31"] }]
[scheme.mown_at_all]
need = [{ marker = "mowing", state = true }]
[scheme.not_mown]
forbid = [{ marker = "mowing", window = ["04-01", "08-15"] }]
[scheme.seldom_mown]
forbid = [{ marker = "mowing", window = ["04-01", "09-30"], at_least = 3 }]
[scheme.never_mown]
forbid = [{ marker = "mowing", state = true }]
[scheme.not_ploughed]
forbid = [{ marker = "ploughing" }]
[scheme.ploughed]
need = [{ marker = "ploughing", window = ["08-01", "11-30"] }]
[scheme.winter_cover]
forbid = [
  { marker = "ploughing", window = ["09-15", "11-30"] },
  { marker = "bare_soil", window = ["09-15", "11-30"] },
]
[scheme.bare]
need = [{ marker = "bare_soil", window = ["03-01", "05-31"] }]
[scheme.grassland_kept]
forbid = [{ marker = "grassland_conversion", state = true }]
[scheme.grassland_not_converted]
forbid = [{ marker = "grassland_conversion" }]
[scheme.covered]
need = [{ marker = "cover", covered_days = 42, window = ["08-15", "10-31"] }]
[scheme.covered_unbroken]
need = [{ marker = "cover", unbroken_days = 42, window = ["08-15", "11-15"] }]
[scheme.covered_in_the_year]
need = [{ marker = "cover", covered_days = 120 }]
[scheme.covered_eight_weeks]
need = [{ marker = "cover", state = true }]
[scheme.little_bare]
need = [{ marker = "cover", value = "bare_days", at_most = 60 }]
[scheme.harvested]
need = [{ marker = "harvest", window = ["06-15", "09-15"] }]
[scheme.not_harvested]
forbid = [{ marker = "harvest", window = ["05-01", "09-30"] }]
[scheme.fallow]
need = [{ marker = "fallow", state = true }]
[scheme.grown]
need = [{ marker = "presence", state = true }]
[scheme.grown_by_event]
need = [{ marker = "presence" }]
[scheme.grown_in_may]
need = [{ marker = "presence", window = ["05-01", "05-31"] }]
[scheme.nothing_grown]
forbid = [{ marker = "presence" }]
[scheme.sparse]
need = [{ marker = "presence", value = "ndvi", at_most = 0.6 }]
[scheme.came_up]
need = [{ marker = "emergence", window = ["03-01", "06-30"] }]
[scheme.catch_crop]
need = [{ marker = "catch_crop", state = true }]
[scheme.few_cuts]
need = [{ marker = "mowing", value = "cuts", at_most = 2 }]
[scheme.either]
any = [
  { marker = "mowing", window = ["06-01", "06-30"] },
  { forbid = [{ marker = "ploughing", window = ["06-01", "09-30"] }] },
]
[scheme.two_of_three]
n_of = { n = 2, of = [
  { marker = "mowing", window = ["05-01", "06-15"] },
  { marker = "mowing", window = ["06-16", "07-31"] },
  { forbid = [{ marker = "bare_soil", window = ["05-01", "09-30"] }] },
] }
"""


def rules() -> RuleFile:
    """The schemes, read as a rule file."""
    return parse(SCHEMES, "schemes", registry.names())


def colours(series: ParcelSeries, window: Window, year: int, file: RuleFile) -> NDArray[np.int8]:
    """The colour of each scheme on each parcel: int8[schemes, n]."""
    return np.array(
        [one.colour for one in judge(file.schemes, answered(series, window, file), year, {})]
    )


def answered(series: ParcelSeries, window: Window, file: RuleFile) -> StoredBlock:
    """The answers of the markers that a rule file asks, as a season would store them."""
    answers = {}
    for name in file.markers():
        states, events = registry.get(name).run(series, window, {})
        answers[name] = left_open(states, window, ()), events
    return stored(series, window, answers)


def stored(
    series: ParcelSeries, window: Window, answers: Mapping[str, tuple[States, Events]]
) -> StoredBlock:
    """Answers by marker as a season would have them."""
    source = Input(series.optical.days, series.optical.looks(), ())
    return StoredBlock(
        blk=1,
        pids=series.pids,
        crops=series.crops,
        area_m2=series.area_m2,
        attributes=[{}] * len(series),
        place=np.arange(len(series)),
        answers={name: Answer(1, "", window, *one, source) for name, one in answers.items()},
    )


@dataclass(slots=True)
class Deletions:
    """What became of colours when looks were deleted.

    :param judged: verdicts that were not red with all looks.
    :param reds: that were red with all looks.
    :param kept_red: reds that are left.
    :param turned: verdicts that turned red, by scheme.
    """

    judged: int = 0
    reds: int = 0
    kept_red: int = 0
    turned: Counter[str] = field(default_factory=Counter)

    def add(self, before: NDArray[np.int8], after: NDArray[np.int8], file: RuleFile) -> None:
        """Count the colours int8[schemes, n] before and after."""
        was, now = before == Colour.RED, after == Colour.RED
        self.judged += int((~was).sum())
        self.reds += int(was.sum())
        self.kept_red += int((was & now).sum())
        for scheme, row in zip(file.schemes, (now & ~was).sum(axis=1).tolist(), strict=True):
            if row:
                self.turned[scheme.name] += row


def deleted(series: ParcelSeries, random: np.random.Generator) -> ParcelSeries:
    """The series without some looks: single ones, spans, or by a lower share of clear pixels."""
    optical = series.optical
    n, count = optical.clear.shape
    lost = random.random((n, count)) < random.choice([0.05, 0.1, 0.3, 0.5, 0.7], (n, 1))
    lost &= random.random((n, 1)) < 0.8
    begin = random.choice(optical.days, (n, 1))
    length = random.choice([0, 0, 10, 20, 40, 90], (n, 1))
    lost |= (optical.days >= begin) & (optical.days < begin + length)
    clear = np.where(lost, random.choice([0, np.nan, 0.5], (n, count)), optical.clear)
    gone = lost & np.isnan(clear)
    return replace(
        series,
        optical=replace(
            optical,
            clear=clear.astype(np.float32),
            pixels=np.where(gone, np.nan, optical.pixels).astype(np.float32),
            snow=np.where(gone, np.nan, optical.snow).astype(np.float32),
            obsid=np.where(gone, 0, optical.obsid),
            values={
                name: np.where(gone, np.nan, one).astype(np.float32)
                for name, one in optical.values.items()
            },
        ),
    )


def sweep(parts: Iterable[tuple[ParcelSeries, Window, int]], rounds: int, seed: int) -> Deletions:
    """Delete looks of parcels at random, so many times each, and count what turns red."""
    found, file = Deletions(), rules()
    random = np.random.default_rng(seed)
    for series, window, year in parts:
        before = colours(series, window, year, file)
        for _ in range(rounds):
            found.add(before, colours(deleted(series, random), window, year, file), file)
    return found
