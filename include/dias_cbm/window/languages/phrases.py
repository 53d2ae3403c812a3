"""Phrases: templates of one language beside those of another, and what they are filled with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

#: A part of a template: ``{name:kind}`` in English, ``{name}`` in the other language.
_SLOT = re.compile(r"\{(\w+):(\w+)\}")
#: A sentence is not longer; hostile names cannot make the comparison slow.
LONGEST = 2_000
_KEPT = 4_096


@dataclass(frozen=True, slots=True)
class Kind:
    """What may be in a slot.

    :param pattern: regular expression without groups.
    :param say: the same in the other language; None if it is not of this kind after all.
    """

    pattern: str
    say: Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class _Phrase:
    pattern: re.Pattern[str]
    kinds: Mapping[str, str]
    other: str


class Sentences:
    """All that can be said in a language.

    :param kinds: of slots, by name.
    :param pairs: English template and the one of the language; the first one that fits counts.
    :param joints: what stands between phrases of one sentence, and the same in the language.
    """

    def __init__(
        self,
        kinds: Mapping[str, Kind],
        pairs: Sequence[tuple[str, str]],
        joints: Sequence[tuple[str, str]] = (),
    ) -> None:
        self._kinds, self._joints = kinds, joints
        self._phrases = [self._phrase(english, other) for english, other in pairs]
        self.say = lru_cache(_KEPT)(self._say)

    def _phrase(self, english: str, other: str) -> _Phrase:
        pattern, end = "", 0
        for slot in _SLOT.finditer(english):
            pattern += re.escape(english[end : slot.start()])
            pattern += f"(?P<{slot[1]}>{self._kinds[slot[2]].pattern})"
            end = slot.end()
        pattern += re.escape(english[end:])
        return _Phrase(re.compile(pattern, re.DOTALL), dict(_SLOT.findall(english)), other)

    def _say(self, text: str) -> str | None:
        """A sentence in the language; None if no template fits."""
        if len(text) > LONGEST:
            return None
        if (whole := self.phrase(text)) is not None:
            return whole
        for joint, other in self._joints:
            at = text.find(joint)
            while at >= 0:
                # What stands before is one phrase: its own joints are tried first.
                begun = self.phrase(text[:at])
                ended = None if begun is None else self.say(text[at + len(joint) :])
                if ended is not None:
                    return f"{begun}{other}{ended}"
                at = text.find(joint, at + 1)
        return None

    def phrase(self, text: str) -> str | None:
        """One phrase in the language, with a capital where the text has one."""
        for one in self._phrases:
            match = one.pattern.fullmatch(text)
            low = None if match else one.pattern.fullmatch(text[:1].lower() + text[1:])
            found = match or low
            if found is None:
                continue
            parts = {name: self._kinds[kind].say(found[name]) for name, kind in one.kinds.items()}
            if None in parts.values():
                continue
            said = one.other.format_map(parts)
            return said[:1].upper() + said[1:] if low is not None else said
        return None
