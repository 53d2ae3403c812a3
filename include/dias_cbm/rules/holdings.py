"""Rules on holdings: crop diversification and shares of crops, from the areas of their parcels.

A holding is judged twice: by its declared crops, and with the crop that is predicted for each
outlier instead. The worse colour counts, and the sentence says which crops it is of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from dias_cbm.rules.colours import Colour


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


@dataclass(frozen=True, slots=True)
class HeldParcel:
    """One parcel of a holding.

    :param crop: as declared; empty if none is.
    :param predicted: for an outlier; None for all others.
    """

    crop: str
    area_m2: float
    predicted: str | None = None


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
    wrong = _faults(rule, declared)
    if wrong:
        return Colour.RED, f"Red: holding {name}, {total:.2f} ha: {'; '.join(wrong)}."
    exchanged = [one for one in parcels if one.predicted is not None]
    if exchanged:
        seen = [(one.predicted or one.crop, one.area_m2) for one in parcels]
        wrong = _faults(rule, _areas(rule, seen))
        if wrong:
            return Colour.RED, (
                f"Red: holding {name}, {total:.2f} ha, with the crops that are predicted for"
                f" {len(exchanged)} outliers: {'; '.join(wrong)}."
            )
    ranked = sorted(declared, key=lambda crop: -declared[crop])
    return Colour.GREEN, (
        f"Green: holding {name}, {total:.2f} ha: {len(declared)} crops; the largest,"
        f" {ranked[0]}, {_percent(declared[ranked[0]] / total)}."
    )


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
