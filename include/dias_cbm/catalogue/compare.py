"""Comparison of two catalogues: what one lists and the other lacks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dias_cbm.scenes import Scene


@dataclass(frozen=True, slots=True)
class Comparison:
    """Scenes by the platforms that list them, in order of sensing time.

    :param only_first: on the first platform alone.
    :param only_second: on the second platform alone.
    :param both: on both, as the first lists them.
    """

    only_first: list[Scene]
    only_second: list[Scene]
    both: list[Scene]


def compare(first: Iterable[Scene], second: Iterable[Scene]) -> Comparison:
    """Compare two listings by product name, which is the same on every platform.

    A product that a platform lists twice under one name counts once.
    """
    one = {scene.name: scene for scene in first}
    other = {scene.name: scene for scene in second}
    return Comparison(
        only_first=_sorted(one[name] for name in one.keys() - other.keys()),
        only_second=_sorted(other[name] for name in other.keys() - one.keys()),
        both=_sorted(one[name] for name in one.keys() & other.keys()),
    )


def _sorted(scenes: Iterable[Scene]) -> list[Scene]:
    return sorted(scenes, key=lambda scene: (scene.start, scene.name))
