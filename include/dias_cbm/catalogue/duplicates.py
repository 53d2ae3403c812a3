"""Duplicates: select one of several products of the same acquisition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable
from datetime import UTC, datetime, timedelta

import shapely

from dias_cbm.scenes import Scene, parse_name

#: Share of the loser that the winner must cover, in time and on the ground (Sentinel-1).
MOST_OF_IT = 0.5
#: Least intersection over union of two footprints of one tile and datastrip (Sentinel-2).
SAME_STRIP = 0.95
#: Largest difference of a tile's sensing time between two baselines; the next pass is days away.
SAME_TIME = timedelta(minutes=1)
_TEST_BASELINE = (99, 99)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def superseded(
    scenes: Iterable[Scene], unfit: Collection[str] = (), bad: Collection[str] = ()
) -> list[tuple[Scene, Scene]]:
    """Pairs (loser, winner) among scenes; a scene that is not a loser is to be used.

    Sentinel-1: of products of one datatake whose slices mostly overlap, consolidated data
    (Fast-24h, NTC) beat near real time, then the later publication wins. Sentinel-2: of products
    of one tile, time and datastrip the highest baseline wins, then the latest generation; test
    products (N9999) never win. Kinds are never mixed. A winner is never a loser of another pair,
    and covers its losers by itself. Scenes without footprint are ignored.

    :param scenes: of any kinds and platforms; the platform makes no difference.
    :param unfit: product ids that cannot win, because their files are unusable.
    :param bad: product ids known to be bad; each loses to any other, and wins only among these.
    """
    groups: dict[Hashable, list[Scene]] = defaultdict(list)
    for scene in scenes:
        if scene.footprint is not None:
            groups[_group(scene)].append(scene)
    return [pair for group in groups.values() for pair in _among(group, unfit, bad)]


def _group(scene: Scene) -> Hashable:
    """What two products must share to be candidates at all."""
    if scene.kind.sensor == "S2":
        return scene.kind, scene.satellite, scene.tile
    polarisation = parse_name(scene.name).get("polarisation")
    return scene.kind, scene.satellite, scene.datatake or scene.rel_orbit, polarisation


def _among(
    group: list[Scene], unfit: Collection[str], bad: Collection[str]
) -> list[tuple[Scene, Scene]]:
    """Compare each scene, best first, with the winners so far; it loses to one that covers it."""

    def can_win(scene: Scene) -> bool:
        return scene.product_id not in unfit and _baseline(scene) != _TEST_BASELINE

    def good(scene: Scene) -> bool:
        return scene.product_id not in bad

    def beats(winner: Scene, loser: Scene) -> bool:
        return (good(winner) or not good(loser)) and _stands_for(winner, loser)

    pairs = []
    winners: list[Scene] = []
    order = sorted(group, key=lambda one: (can_win(one), good(one), _merit(one)), reverse=True)
    for scene in order:
        winner = next((other for other in winners if beats(other, scene)), None)
        if winner is not None:
            pairs.append((scene, winner))
        elif can_win(scene):
            winners.append(scene)
    return pairs


def _merit(scene: Scene) -> tuple[Hashable, ...]:
    published = scene.published or _LONG_AGO
    if scene.kind.sensor == "S2":
        generated = parse_name(scene.name).get("discriminator", "")
        return _baseline(scene), generated, published, scene.product_id
    consolidated = not (scene.timeliness or "").upper().startswith("NRT")
    return consolidated, published, scene.product_id


def _baseline(scene: Scene) -> tuple[int, ...]:
    parts = (scene.baseline or "").split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()


def _stands_for(winner: Scene, loser: Scene) -> bool:
    if loser.kind.sensor == "S2":
        near = abs(winner.start - loser.start) < SAME_TIME
        return near and _likeness(winner, loser) >= SAME_STRIP
    # A coherence product lasts from one pass to the next, so its neighbours overlap it in time:
    # compare the footprints as well.
    return _shared_time(winner, loser) > MOST_OF_IT and _shared_ground(winner, loser) > MOST_OF_IT


def _likeness(one: Scene, other: Scene) -> float:
    """Intersection over union of their footprints."""
    shared, united = (
        _overlap(one, other),
        shapely.area(one.footprint) + shapely.area(other.footprint),
    )
    return shared / (united - shared)


def _shared_time(winner: Scene, loser: Scene) -> float:
    """Share of the loser's sensing time within the winner's."""
    length = loser.end - loser.start
    if not length:
        return float(winner.start <= loser.start <= winner.end)
    return (min(winner.end, loser.end) - max(winner.start, loser.start)) / length


def _shared_ground(winner: Scene, loser: Scene) -> float:
    """Share of the loser's footprint within the winner's."""
    return _overlap(winner, loser) / float(shapely.area(loser.footprint))


def _overlap(one: Scene, other: Scene) -> float:
    return float(shapely.area(shapely.intersection(one.footprint, other.footprint)))
