"""Crop groups: confusion of two crops of one group is not an error.

A group is the agency's own, or the crops that share the first digits of their code in HCAT, the
crop taxonomy of EuroCrops: 3301010101 (winter wheat) is in 33010101 (wheat), in 330101 (cereals).
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dias_cbm.errors import SettingsError

#: Digits of an HCAT code at each level.
HCAT_DIGITS = {3: 4, 4: 6, 5: 8, 6: 10}

_HCAT = re.compile(r"[0-9]{10}")


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups of a run's crops, and what is odd about them.

    :param group: int64[K], the group's number of each crop; a crop without a group is one alone.
    :param names: of the groups, by number.
    :param ungrouped: declared crops that the table does not have.
    :param unknown: crops of the table that nobody declared.
    :param alike: crops whose texts differ only by case or blanks; they are different crops.
    """

    group: NDArray[np.int64]
    names: tuple[str, ...]
    ungrouped: tuple[str, ...]
    unknown: tuple[str, ...]
    alike: tuple[tuple[str, ...], ...]

    def remarks(self) -> list[str]:
        """One sentence for each thing that a person should look at."""
        found = []
        if self.unknown:
            found.append(f"crops of the groups that nobody declared: {_listed(self.unknown)}")
        if self.ungrouped and len(self.ungrouped) < len(self.group):
            found.append(f"declared crops without a group: {_listed(self.ungrouped)}")
        return found + [remark_on_alike(texts) for texts in self.alike]


def grouping(crops: Sequence[str], table: Mapping[str, str]) -> Grouping:
    """Put the crops of a run into their groups.

    :param crops: declared crops, in the order of the run's columns.
    :param table: name of the group of each crop, as declared, letter by letter.
    """
    keys = [(True, table[crop]) if crop in table else (False, crop) for crop in crops]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return Grouping(
        group=np.array([numbers[key] for key in keys], np.int64),
        names=tuple(name for _, name in numbers),
        ungrouped=tuple(crop for crop in crops if crop not in table),
        unknown=tuple(sorted(set(table) - set(crops))),
        alike=alike([*crops, *table]),
    )


def alike(texts: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Sets of texts that differ only by case, blanks or the encoding of an accent."""
    by_form: defaultdict[str, set[str]] = defaultdict(set)
    for text in texts:
        form = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
        by_form[form].add(text)
    return tuple(tuple(sorted(same)) for _, same in sorted(by_form.items()) if len(same) > 1)


def remark_on_alike(texts: Sequence[str]) -> str:
    """A sentence about one set of :func:`alike`."""
    listed = " | ".join(repr(text) for text in texts)
    return f"differ only by case or blanks, and count as different crops: {listed}"


def hcat_group(code: str, level: int) -> str:
    """The name of the group of an HCAT code, e.g. ``HCAT 330101`` at level 4.

    :param code: ten digits.
    :param level: 3 (arable crops), 4 (cereals), 5 (wheat) or 6 (winter wheat).
    :raises SettingsError: there is no such level, or it is not a code.
    """
    if level not in HCAT_DIGITS:
        raise SettingsError(f"level {level} is not one of 3, 4, 5, 6", subject="HCAT")
    if not _HCAT.fullmatch(code):
        raise SettingsError(f"{code!r} does not have ten digits", subject="HCAT")
    return f"HCAT {code[: HCAT_DIGITS[level]]}"


def _listed(names: Sequence[str], most: int = 10) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
