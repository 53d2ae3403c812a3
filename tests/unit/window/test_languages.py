"""Sentences of the stages in Danish: every one that their own tests know, word for word."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from window_host import StandIn

from dias_cbm.completeness.why import IN_WORDS
from dias_cbm.rules.sentences import REASONS
from dias_cbm.window.app import application
from dias_cbm.window.data.parcel_gaps import _WORDS
from dias_cbm.window.languages import danish_words, in_language, spoken
from dias_cbm.window.languages.danish import SENTENCES

UNIT = Path(__file__).parents[1]
#: The tests that compare sentences with what the stages write.
TOLD = {
    "rules/test_sentences.py": r"(Green|Yellow|Red|Open): .*\.",
    "rules/test_missing_data.py": r"(Green|Yellow|Red|Open): .*\.",
    "outliers/test_sentences.py": r"[A-Z].* lies .*\.|No week .*\.",
    "peers/test_sentences.py": r".*peer.*\.",
}


def texts() -> Iterator[tuple[str, str]]:
    for name, pattern in TOLD.items():
        file = UNIT / name
        if not file.exists():
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            value = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
            if isinstance(value, str) and "\n" not in value and re.fullmatch(pattern, value):
                yield name, value


KNOWN = sorted(set(texts()))
#: English words that no Danish sentence has, but for names.
ENGLISH = re.compile(r"\b(the|and|between|which|parcel|looks|asked|seen|below|above|with)\b")


@pytest.mark.parametrize(("name", "text"), KNOWN)
def test_what_the_stages_say_is_said_in_danish(name: str, text: str) -> None:
    said = SENTENCES.say(text)
    assert said is not None
    assert not ENGLISH.search(said), said
    # Days and numbers are all there.
    assert sorted(re.findall(r"\d+", said)) == sorted(re.findall(r"\d+", text))


def test_the_tests_of_the_stages_are_found() -> None:
    assert len(KNOWN) > 25


def test_every_cause_and_reason_has_its_words() -> None:
    assert set(IN_WORDS.values()) | set(_WORDS.values()) <= set(danish_words.CAUSES)
    assert set(REASONS.values()) == set(danish_words.REASONS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "From mid May to late June VH lies 4 dB below the declared winter wheat and within the"
            " band of maize; in early July red (B04) lies 0.021 above it and is nearer to maize.",
            "Fra midten af maj til slutningen af juni ligger VH 4 dB under den anmeldte afgrøde"
            " winter wheat og inden for båndet for maize; i begyndelsen af juli ligger rød (B04)"
            " 0,021 over den og er nærmere ved maize.",
        ),
        (
            "Not finished: 1,240 passes over tiles have no end state; 3 scenes are not processed"
            " to the end.",
            "Ikke afsluttet: 1.240 overflyvninger har ingen sluttilstand; 3 scener er ikke"
            " behandlet til ende.",
        ),
        ("No optical evidence from 2018-05-03 to 2018-05-15 because clouds hide the parcel"
         " (2 passes).",
         "Intet bevis (optisk) fra 2018-05-03 til 2018-05-15, fordi skyer skjuler marken"
         " (2 overflyvninger)."),
    ],
)  # fmt: skip
def test_a_sentence_in_danish(text: str, said: str) -> None:
    assert SENTENCES.say(text) == said


def test_what_no_template_fits_stays_english_and_says_so() -> None:
    odd = {"sentence": "Someone changed the words.", "remark": "The parcel was not observed."}
    assert in_language({"rows": [odd, {"sentence": "No crop is declared."}], "n": 1}, "da") == {
        "rows": [
            {**odd, "language": "en"},
            {"sentence": "Ingen afgrøde er anmeldt.", "language": "da"},
        ],
        "n": 1,
    }
    plain: dict[str, Any] = {"sentence": None, "since": [], "values": [1.0, None]}
    assert in_language(plain, "da") == plain


def test_hostile_names_are_names_and_cost_no_time() -> None:
    began = time.process_time()
    for crop in ("<b>{c}</b>", "{0}", "a.b", "x" * 300, " and is nearer to " * 20, "of " * 99):
        text = f"In mid May VH lies 4 dB below the declared {crop} and is nearer to maize."
        said = SENTENCES.say(text)
        assert said is None or crop.split(" and is")[0].strip() in said
    assert SENTENCES.say("; ".join(["no mowing seen"] * 140)) is None
    assert SENTENCES.say("x; " * 5_000) is None
    assert time.process_time() - began < 2


@pytest.mark.parametrize(("asked", "language"), [("da", "da"), ("en", None), ("", None)])
def test_the_reader_is_asked(asked: str, language: str | None) -> None:
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [
        (b"accept-language", asked.encode())], "app": application(StandIn())}  # fmt: skip
    found = spoken(Request(scope), {"sentence": "No crop is declared."})
    assert found.get("language") == language
