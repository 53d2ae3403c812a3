"""The schemes of a rule file on the parcels of a block: a colour and a sentence each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.store import Answer, StoredBlock
from dias_cbm.rules.colours import Colour
from dias_cbm.rules.conditions import evaluate, truth_at_end
from dias_cbm.rules.gaps import Gaps
from dias_cbm.rules.language import Condition, Group, How, Scheme
from dias_cbm.rules.logic import FALSE, TRUE, UNKNOWN, Truth, all_of, any_of, n_of
from dias_cbm.rules.memory import Memory
from dias_cbm.rules.outcome import Outcome, Why
from dias_cbm.rules.sentences import Phrases, sentence

_NAMES = {int(colour): colour.name.capitalize() for colour in Colour}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """One scheme on the n parcels of a block.

    :param colour: int8[n] of :class:`Colour`.
    :param why: int8[n] of :class:`~dias_cbm.rules.outcome.Why`, for yellow and open.
    :param sentences: n texts; empty where the scheme is not meant.
    """

    scheme: Scheme
    colour: NDArray[np.int8]
    why: NDArray[np.int8]
    sentences: list[str]


def judge(
    schemes: Sequence[Scheme],
    block: StoredBlock,
    year: int,
    cards: Mapping[str, Collection[str]],
    memory: Memory | None = None,
) -> list[Verdicts]:
    """The verdicts of schemes in a block.

    :param year: declaration year.
    :param cards: of each marker, the cards whose missing scenes matter to it.
    :param memory: of phrases, to be kept from block to block.
    """
    judge_ = _Judge(block, year, cards, memory or Memory())
    return [judge_.verdicts(scheme) for scheme in schemes]


class _Judge:
    def __init__(
        self,
        block: StoredBlock,
        year: int,
        cards: Mapping[str, Collection[str]],
        memory: Memory,
    ) -> None:
        self._memory = memory
        self._block = block
        self._year = year
        # By the identity of what was read: answers of one run share it.
        self._gaps: dict[int, Gaps] = {}
        self._names, self._place = np.unique(block.crops, return_inverse=True)
        self._missing = {
            marker: [
                one for one in answer.input.missing if one["card"] in cards.get(marker, _EVERY)
            ]
            for marker, answer in block.answers.items()
        }
        self._outcomes: dict[Any, Outcome | None] = {}
        self._said: dict[Any, Phrases] = {}

    def verdicts(self, scheme: Scheme) -> Verdicts:
        n = len(self._block.pids)
        colour = np.full(n, Colour.NONE, np.int8)
        why = np.zeros(n, np.int8)
        texts = [""] * n
        rows = np.flatnonzero(self.meant(scheme))
        if len(rows):
            outcomes = {id(one): self._outcome(scheme, one) for one in scheme.group.conditions()}
            found = _join(scheme.group, outcomes, rows)
            deciding = _deciding(scheme.group, outcomes, found, rows)
            colour[rows], why[rows] = _colours(deciding, found, rows)
            said = self._sentences(scheme, outcomes, deciding, found, colour[rows], rows)
            if len(rows) == n:
                texts = said
            else:
                for row, text in zip(rows.tolist(), said, strict=True):
                    texts[row] = text
        return Verdicts(scheme, colour, why, texts)

    def meant(self, scheme: Scheme) -> NDArray[np.bool_]:
        """Which parcels a scheme is meant for: bool[n]."""
        block = self._block
        if not scheme.holds_in(self._year):
            return np.zeros(len(block.pids), bool)
        crops = np.array(
            [
                any(fnmatchcase(c, pattern) for pattern in scheme.crops)
                for c in self._names.tolist()
            ],
            bool,
        )
        meant = crops[self._place] & (block.area_m2 >= scheme.min_area_m2)
        if scheme.max_area_m2 is not None:
            meant &= block.area_m2 <= scheme.max_area_m2
        for name, patterns in scheme.attributes.items():
            for row in np.flatnonzero(meant).tolist():
                value = (block.attributes[row] or {}).get(name)
                meant[row] = value is not None and any(
                    fnmatchcase(str(value), pattern) for pattern in patterns
                )
        return meant

    def _outcome(self, scheme: Scheme, condition: Condition) -> Outcome | None:
        key = condition, scheme.sure
        if key not in self._outcomes:
            answer = self._block.answers.get(condition.marker)
            self._outcomes[key] = None if answer is None else self._evaluated(key, answer)
        return self._outcomes[key]

    def _evaluated(self, key: Any, answer: Answer) -> Outcome:
        condition, sure = key
        missing = self._missing[condition.marker]
        return evaluate(condition, sure, answer, self._gaps_of(answer), self._year, missing)

    def _gaps_of(self, answer: Answer) -> Gaps:
        """The gaps between the looks that the marker has had: those of others are not its own."""
        key = id(answer.input)
        if key not in self._gaps:
            self._gaps[key] = Gaps(answer.input.days, answer.input.looks)
        return self._gaps[key]

    def _phrases(self, outcome: Outcome, scheme: Scheme) -> Phrases:
        key = outcome.condition, scheme.sure
        if key not in self._said:
            self._said[key] = Phrases(
                outcome, outcome.condition, scheme.sure, self._year, self._memory
            )
        return self._said[key]

    def _sentences(
        self,
        scheme: Scheme,
        outcomes: _Outcomes,
        deciding: _Deciding,
        found: Truth,
        colour: NDArray[np.int8],
        rows: NDArray[np.int64],
    ) -> list[str]:
        said: list[str] = [""] * len(rows)
        for condition, outcome, mask in deciding:
            chosen = np.flatnonzero(mask)
            if outcome is None:
                texts = [f"the marker {condition.marker} has not been run"] * len(chosen)
            else:
                texts = self._phrases(outcome, scheme).of(rows[chosen], found[chosen])
            if len(deciding) == 1:
                said = texts
                break
            for place, text in zip(chosen.tolist(), texts, strict=True):
                said[place] = f"{said[place]}; {text}" if said[place] else text
        shades = colour.tolist()
        if Colour.OPEN not in shades:
            return [f"{_NAMES[shade]}: {text}." for shade, text in zip(shades, said, strict=True)]
        best, worst = (_hope(scheme.group, outcomes, rows, good=one) for one in (True, False))
        return [
            sentence(_NAMES[shade], text, up, down)
            for shade, text, up, down in zip(
                shades, said, best.tolist(), worst.tolist(), strict=True
            )
        ]


class _Every:
    def __contains__(self, _card: object) -> bool:
        return True


_EVERY: Any = _Every()
_Outcomes = Mapping[int, Outcome | None]
#: Conditions that gave a truth, and for which rows each did.
_Deciding = Sequence[tuple[Condition, Outcome | None, NDArray[np.bool_]]]


def _truth(
    part: Condition | Group, outcomes: _Outcomes, rows: NDArray[np.int64], leaf: Any
) -> Truth:
    if isinstance(part, Condition):
        outcome = outcomes[id(part)]
        return np.zeros(len(rows), np.int8) if outcome is None else leaf(outcome)[rows]
    parts = [_truth(one, outcomes, rows, leaf) for one in part.parts]
    if part.how is How.N_OF:
        return n_of(parts, part.n)
    return all_of(parts) if part.how is How.ALL else any_of(parts)


def _join(group: Group, outcomes: _Outcomes, rows: NDArray[np.int64]) -> Truth:
    return _truth(group, outcomes, rows, lambda one: one.truth)


def _hope(group: Group, outcomes: _Outcomes, rows: NDArray[np.int64], *, good: bool) -> Truth:
    return _truth(group, outcomes, rows, lambda one: truth_at_end(one, good=good))


def _colours(
    deciding: _Deciding, found: Truth, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    why = np.zeros(len(rows), np.int8)
    waits = np.zeros(len(rows), bool)
    for _, outcome, mask in deciding:
        reason = (
            np.full(len(rows), Why.NOT_EXECUTED, np.int8) if outcome is None else outcome.why[rows]
        )
        doubt = mask & (found == UNKNOWN)
        why = np.where(doubt & (why == Why.KNOWN), reason, why)
        waits |= doubt & (reason == Why.NOT_OVER)
    why[waits] = Why.NOT_OVER
    shade = np.select(
        [found == TRUE, found == FALSE, waits], [Colour.GREEN, Colour.RED, Colour.OPEN],
        Colour.YELLOW,
    )  # fmt: skip
    return shade.astype(np.int8), why.astype(np.int8)


def _deciding(
    group: Group, outcomes: _Outcomes, found: Truth, rows: NDArray[np.int64]
) -> _Deciding:
    """The conditions that gave a truth, and for which of the rows each did."""
    result: list[tuple[Condition, Outcome | None, NDArray[np.bool_]]] = []

    def visit(part: Condition | Group, reached: NDArray[np.bool_]) -> None:
        here = reached & (_truth(part, outcomes, rows, lambda one: one.truth) == found)
        if isinstance(part, Condition):
            result.append((part, outcomes[id(part)], here))
            return
        for one in part.parts:
            visit(one, here)

    visit(group, np.ones(len(rows), bool))
    return result
