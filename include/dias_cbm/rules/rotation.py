"""Rotation: how much of a holding grows another crop than the same land did last season."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dias_cbm.rules.colours import Colour

#: Tolerance of shares, for the rounding of areas.
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class LastSeason:
    """The crop of a parcel's land last season.

    :param season: its name; None if there is none.
    :param crop: of the same land; None if it is not known.
    :param by: ``id`` if that is of the parcel with the same id, ``overlap`` if of those that lie
        where it lies; ``twice`` if it is not known, since two crops were declared there; empty if
        no crop covers enough of the parcel.
    :param overlap: greatest share of the parcel that one crop of last season covers.
    """

    season: str | None = None
    crop: str | None = None
    by: str = ""
    overlap: float = 0.0


@dataclass(frozen=True, slots=True)
class Grown:
    """A parcel that counts: its crop now, its area, and its land last season."""

    crop: str
    area_m2: float
    last: LastSeason


def last_of(
    season: str,
    id_crop: str | None,
    id_overlap: float,
    crops: Sequence[str],
    overlaps: Sequence[float],
    least: float,
) -> LastSeason:
    """Find the crop of a parcel's land last season.

    A parcel with the same id counts only if it is the same land: ids are reused.

    :param id_crop: of the parcel with the same id; ``id_overlap``: share of this one it covers.
    :param crops: of the parcels that lie there, empty for none; ``overlaps``: share of each crop.
    :param least: share that makes land the same.
    """
    if id_crop and id_overlap >= least - _TOLERANCE:
        return LastSeason(season, id_crop, "id", id_overlap)
    enough = [
        (crop, share)
        for crop, share in zip(crops, overlaps, strict=True)
        if share >= least - _TOLERANCE
    ]
    if len(enough) > 1:
        return LastSeason(season, None, "twice", max(overlaps))
    if enough and enough[0][0]:
        return LastSeason(season, enough[0][0], "overlap", enough[0][1])
    named = [share for crop, share in zip(crops, overlaps, strict=True) if crop]
    return LastSeason(season, None, "", max(named, default=0.0))


def judge_rotation(
    parcels: Sequence[Grown], area_asked: float | None, parcels_asked: float | None, overlap: float
) -> tuple[Colour, list[str]]:
    """Green, red or yellow, and clauses with numbers.

    Land of which last season's crop is not known may have changed, or not: a red holds even if all
    of it has, and a green even if none has.

    :param area_asked: least share of the area that must have another crop; ``parcels_asked``: of
        the parcels.
    :param overlap: least share of a parcel that one crop must have covered, to be its last.
    """
    asked = (
        (area_asked, "area", [one.area_m2 for one in parcels]),
        (parcels_asked, "parcels", [1.0] * len(parcels)),
    )
    colours, clauses = [Colour.GREEN], []
    season = next((one.last.season for one in parcels if one.last.season), None)
    for least, name, weights in asked:
        if least is None:
            continue
        total = sum(weights)
        changed = sum(
            w for one, w in _with(parcels, weights) if one.last.crop not in (None, one.crop)
        )
        unknown = sum(w for one, w in _with(parcels, weights) if one.last.crop is None)
        low, high = changed / total, (changed + unknown) / total
        if low >= least - _TOLERANCE:
            colours.append(Colour.GREEN)
        else:
            colours.append(Colour.RED if high < least - _TOLERANCE else Colour.YELLOW)
        share = _percent(low) if not unknown else f"{_percent(low)} to {_percent(high)}"
        where = f"than in {season}" if season else "than last season"
        clauses.append(
            f"another crop {where} on {share} of its {name}, at least {_percent(least)} asked"
        )
    clauses.append(_known(parcels, season, overlap))
    worst = max(colours, key=(Colour.GREEN, Colour.YELLOW, Colour.RED).index)
    return worst, clauses


def _with(parcels: Sequence[Grown], weights: Sequence[float]) -> list[tuple[Grown, float]]:
    return list(zip(parcels, weights, strict=True))


def _known(parcels: Sequence[Grown], season: str | None, overlap: float) -> str:
    """How last season's crops are known."""
    if season is None:
        return "no season of the year before covers this land"
    counts = Counter(one.last.by for one in parcels)
    sources = [f"by id for {_parcels(counts['id'])}"] if counts["id"] else []
    if counts["overlap"]:
        sources.append(f"by place for {_parcels(counts['overlap'])}")
    if counts["twice"]:
        sources.append(
            f"not known for {_parcels(counts['twice'])}, declared twice with other crops"
        )
    if counts[""]:
        best = max(one.last.overlap for one in parcels if not one.last.by)
        sources.append(
            f"not known for {_parcels(counts[''])}, of which one crop covered at most"
            f" {_percent(best)} ({_percent(overlap)} asked)"
        )
    return f"last crop {', '.join(sources)}"


def _parcels(number: int) -> str:
    return f"{number} parcel{'' if number == 1 else 's'}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
