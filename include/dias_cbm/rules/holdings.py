"""Rules on holdings: diversification, shares of crops and rotation, from the areas of parcels.

A holding is judged twice: by its declared crops, and with the crop that is predicted for each
outlier instead. The worse colour counts, and the sentence says which crops it is of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from dias_cbm.rules.colours import Colour
from dias_cbm.rules.rotation import Grown, LastSeason, judge_rotation


@dataclass(frozen=True, slots=True)
class HoldingRule:
    """What must hold for all parcels of a holding together.

    :param holding: attribute of the parcels that names their holding.
    :param leave_out: patterns of crops that do not count, e.g. ``grass*``.
    :param min_ha: of the crops that count; smaller holdings are not meant, nor those from
        ``max_ha`` on.
    :param crops_at_least: different crops.
    :param largest_share: greatest share of one crop; ``two_largest_share``: of two together.
    :param share_of: patterns of crops that must have at least ``share_at_least`` of the area.
    :param changed_area_at_least: share of the area that must have another crop than last season;
        ``changed_parcels_at_least``: of the parcels.
    :param same_land_at_least: share of a parcel that last season's must have covered to count.
    """

    name: str
    title: str
    source: str
    holding: str
    leave_out: tuple[str, ...] = ()
    min_ha: float = 0
    max_ha: float | None = None
    crops_at_least: int | None = None
    largest_share: float | None = None
    two_largest_share: float | None = None
    share_of: tuple[str, ...] = ()
    share_at_least: float | None = None
    changed_area_at_least: float | None = None
    changed_parcels_at_least: float | None = None
    same_land_at_least: float = 0.8

    @property
    def rotates(self) -> bool:
        """Whether it asks for last season's crops."""
        return (self.changed_area_at_least, self.changed_parcels_at_least) != (None, None)


@dataclass(frozen=True, slots=True)
class HeldParcel:
    """One parcel of a holding.

    :param crop: as declared; empty if none is.
    :param predicted: for an outlier; None for all others.
    :param last: what is known of its land last season.
    """

    crop: str
    area_m2: float
    predicted: str | None = None
    last: LastSeason = field(default_factory=LastSeason)


def judge_holding(
    rule: HoldingRule, name: str, parcels: Sequence[HeldParcel]
) -> tuple[Colour, str]:
    """Colour and sentence of a holding; no sentence if the rule is not meant for it."""
    declared = _areas(rule, [(one.crop, one.area_m2) for one in parcels])
    total = sum(declared.values())
    if total < rule.min_ha or not total or (rule.max_ha is not None and total >= rule.max_ha):
        return Colour.NONE, ""
    nameless = sum(not one.crop for one in parcels)
    if nameless:
        return Colour.YELLOW, f"Yellow: holding {name} has {nameless} parcels without a crop."
    start = f"holding {name}, {total:.2f} ha"
    worst, clauses = _judged(rule, parcels, [one.crop for one in parcels])
    exchanged = sum(one.predicted is not None for one in parcels)
    if exchanged and worst != Colour.RED:
        seen, others = _judged(rule, parcels, [one.predicted or one.crop for one in parcels])
        if _WORSE.index(seen) > _WORSE.index(worst):
            worst, clauses = seen, others
            start += f", with the crops that are predicted for {exchanged} outliers"
    if worst == Colour.GREEN:
        ranked = sorted(declared, key=lambda crop: -declared[crop])
        share = _percent(declared[ranked[0]] / total)
        clauses = [f"{len(declared)} crops; the largest, {ranked[0]}, {share}", *clauses]
    return worst, f"{worst.name.capitalize()}: {start}: {'; '.join(clauses)}."


_WORSE = (Colour.GREEN, Colour.YELLOW, Colour.RED)


def _judged(
    rule: HoldingRule, parcels: Sequence[HeldParcel], crops: Sequence[str]
) -> tuple[Colour, list[str]]:
    """Colour of a holding whose parcels have these crops, and why."""
    pairs = list(zip(crops, parcels, strict=True))
    wrong = _faults(rule, _areas(rule, [(crop, one.area_m2) for crop, one in pairs]))
    counting = [
        Grown(crop, one.area_m2, one.last)
        for crop, one in pairs
        if not _is_one(crop, rule.leave_out)
    ]
    if not rule.rotates or not counting:
        return (Colour.RED if wrong else Colour.GREEN), wrong
    turned, clauses = judge_rotation(
        counting,
        rule.changed_area_at_least,
        rule.changed_parcels_at_least,
        rule.same_land_at_least,
    )
    if turned == Colour.RED or not wrong:
        return turned, wrong + clauses
    return Colour.RED, wrong


def _areas(rule: HoldingRule, parcels: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Hectares by crop, of the crops that count."""
    areas: dict[str, float] = {}
    for crop, area in parcels:
        if not _is_one(crop, rule.leave_out):
            areas[crop] = areas.get(crop, 0.0) + area / 10_000
    return areas


def _faults(rule: HoldingRule, areas: dict[str, float]) -> list[str]:
    total = sum(areas.values())
    if not total:
        return ["no crop is left that counts"]
    ranked = sorted(areas.items(), key=lambda item: (-item[1], item[0]))
    found = []
    if rule.crops_at_least is not None and len(areas) < rule.crops_at_least:
        found.append(f"{len(areas)} crops, {rule.crops_at_least} asked")
    for count, limit in ((1, rule.largest_share), (2, rule.two_largest_share)):
        share = sum(area for _, area in ranked[:count]) / total
        if limit is not None and share > limit + 1e-9:
            named = " and ".join(crop for crop, _ in ranked[:count])
            found.append(f"{named} {_percent(share)}, at most {_percent(limit)} allowed")
    if rule.share_at_least is not None:
        share = sum(area for crop, area in ranked if _is_one(crop, rule.share_of)) / total
        if share < rule.share_at_least - 1e-9:
            named = " and ".join(rule.share_of)
            found.append(
                f"{named} {_percent(share)}, at least {_percent(rule.share_at_least)} asked"
            )
    return found


def _is_one(crop: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(crop, pattern) for pattern in patterns)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
