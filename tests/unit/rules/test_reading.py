"""Faults of rule files, each told in a sentence, and what a good file says."""

from __future__ import annotations

import hashlib

import pytest

from dias_cbm.errors import RuleError
from dias_cbm.rules.examples import EXAMPLES
from dias_cbm.rules.language import How, Sure
from dias_cbm.rules.reading import parse, read

MARKERS = ["bare_soil", "cover", "harvest", "mowing", "ploughing"]
NEED = '[[scheme.a.need]]\nmarker = "mowing"\n'


def faults(text: str) -> list[str]:
    with pytest.raises(RuleError) as caught:
        parse(text, "rules.toml", MARKERS)
    assert caught.value.subject == "rules.toml"
    return list(caught.value.faults)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '[[scheme.a.need]]\nmarker = "mowin"\n',
            "Scheme a, need 1: there is no marker mowin; did you mean mowing?",
        ),
        (
            '[[scheme.a.need]]\nmarker = "zzz"\n',
            "Scheme a, need 1: there is no marker zzz; Markers: bare_soil, cover, harvest, mowing,"
            " ploughing.",
        ),
        ("[[scheme.a.need]]\nat_least = 1\n", "Scheme a, need 1 names no marker."),
        (
            NEED + 'window = ["10-01", "02-15"]\n',
            'Scheme a, need 1: the window from 10-01 to 02-15 is reversed; "+02-15" is a day of'
            " the next year.",
        ),
        (
            NEED + 'window = ["06-31", "07-15"]\n',
            "Scheme a, need 1: '06-31' is not a day like 06-15, or +02-15 of the next year.",
        ),
        (
            NEED + 'window = ["06-15"]\n',
            'Scheme a, need 1: a window is its first and last day, ["06-15", "07-31"].',
        ),
        (
            '[scheme.a]\ntitle = "x"\ncrops = ["grass_*"]\n',
            "Scheme a has no rule: write need, forbid, all, any or n_of.",
        ),
        (
            "[scheme.a]\ncrops = []\n" + NEED,
            'Scheme a: crops is a list of patterns, such as ["grass_*"].',
        ),
        (
            NEED + 'window = ["06-01", "06-20"]\nat_least = 3\nmin_interval_days = 14\n',
            "Scheme a is never true: 3 times mowing, 14 days apart, do not fit into 20 days.",
        ),
        (
            NEED
            + 'window = ["06-01", "06-20"]\n[[scheme.a.forbid]]\nmarker = "mowing"\n'
            + 'window = ["05-01", "06-30"]\n',
            "Scheme a is never true: it needs mowing in a window in which it forbids it.",
        ),
        (
            '[scheme.a.n_of]\nn = 2\nof = [{ marker = "mowing" }]\n',
            "Scheme a, n_of is never true: 2 of 1 cannot hold.",
        ),
        (
            "[scheme.a.seasons]\nfrom = 2026\nto = 2024\n" + NEED,
            "Scheme a is never true: its seasons go from 2026 to 2024.",
        ),
        (
            "[scheme.a.sure]\ngreen = 0.3\nred = 0.5\n" + NEED,
            "Scheme a, sure: red (0.5) is above green (0.3).",
        ),
        (
            NEED + "at_most = 2\n",
            "Scheme a, need 1: at_most goes with value; to limit events, forbid at_least.",
        ),
        (
            NEED + "at_least = 0\n",
            "Scheme a, need 1: at_least counts events, so it is a whole number from 1.",
        ),
        (
            NEED + 'value = "cuts"\nat_least = 3\nat_most = 1\n',
            "Scheme a, need 1 is never true: at least 3 and at most 1.",
        ),
        (
            NEED + 'windw = ["06-01", "06-20"]\n',
            "Scheme a, need 1: windw is not known; did you mean window?",
        ),
        (
            NEED + 'kind = "mowng"\n',
            "Scheme a, need 1: mowing has no events of the kind mowng; did you mean mowing?",
        ),
        (
            NEED + 'value = "height"\nat_least = 3\n',
            "Scheme a, need 1: mowing has no value height; it has cuts, slow_losses.",
        ),
        (
            f"[scheme.a]\nmin_area_m2 = 1{400 * '0'}\n" + NEED,
            "Scheme a: min_area_m2 is a number up to 1e+15.",
        ),
        (
            "[scheme.a]\nmax_area_m2 = inf\n" + NEED,
            "Scheme a: max_area_m2 is a number up to 1e+15.",
        ),
        (
            NEED + "min_interval_days = 99999999999999999999\n",
            "Scheme a, need 1: min_interval_days is at most 1096.",
        ),
        (
            "[scheme.a.sure]\nlongest_gap_days = inf\n" + NEED,
            "Scheme a, sure: longest_gap_days is from 1 to 1096.",
        ),
        (
            '[holding.b]\nholding = "farm"\ncrops_at_least = 2.5\n',
            "Holding rule b: crops_at_least is a whole number from 1.",
        ),
        (
            "[scheme.a]\nattributes = { farm = [] }\n" + NEED,
            "Scheme a is never true: its attribute farm lists no pattern.",
        ),
        ("[scheme.a]\nneed = 3\n", 'Scheme a: need is a list, such as [{ marker = "mowing" }].'),
        (
            '[holding.b]\nholding = "farm"\nleave_out = "grass"\ncrops_at_least = 2\n',
            'Holding rule b: leave_out is a list of patterns, such as ["grass_*"].',
        ),
        (
            NEED + "state = true\nat_least = 3\n",
            "Scheme a, need 1: at_least does not go with state.",
        ),
        (
            NEED + 'value = "cuts"\nat_least = 3\nkind = "mowing"\n',
            "Scheme a, need 1: kind does not go with value.",
        ),
        (NEED + 'unknown = "cuts"\n', "Scheme a, need 1: unknown does not go with events."),
        (
            NEED.replace("mowing", "cover") + "covered_days = 56\nmin_share = 0.5\n",
            "Scheme a, need 1 asks several things, covered_days and min_share: write a condition",
        ),
        (
            NEED + "window = [2018-06-15, 2018-07-31]\n",
            "Scheme a, need 1: 2018-06-15 is not a day like 06-15, or +02-15 of the next year.",
        ),
        (NEED + 'kind = "a\\u0000"\n', "Scheme a, need 1: kind is a text."),
        ("title = 3\n", "The file has no scheme: write a table [scheme.NAME]."),
        ("[scheme.a]\nany = []\n", "Scheme a, any is empty: it lists conditions."),
        ("[scheme.A]\n" + NEED.replace(".a.", ".A."), "Scheme A: a name is of lower-case letters,"),
    ],
)
def test_each_fault_is_a_sentence(text, sentence):
    assert any(one.startswith(sentence) for one in faults(text)), faults(text)


def test_all_faults_are_told_at_once():
    assert len(faults('[[scheme.a.need]]\nmarker = "x"\nwindow = ["a", "b"]\n[scheme.b]\n')) == 4


@pytest.mark.parametrize("text", ["scheme = 1", "[scheme]\na = 1", "[[scheme.a.any.need]]"])
def test_odd_shapes_are_faults_too(text):
    assert faults(text)


def test_what_is_not_toml():
    with pytest.raises(RuleError, match="is not TOML"):
        parse("[scheme", "rules.toml", MARKERS)


def test_tables_in_tables_without_end():
    text = "[scheme.a]\nall = " + "[{any = " * 400 + '[{marker = "mowing"}]' + "}]" * 400
    with pytest.raises(RuleError, match="too deep"):
        parse(text, "rules.toml", MARKERS)


def test_a_marker_without_events_is_not_counted():
    """Forbidden, it would be green on every parcel."""
    text = '[scheme.a]\nforbid = [{ marker = "other_use"%s }]'
    with pytest.raises(RuleError, match="has no events; ask its state, or a value: built, forest"):
        parse(text % "", "rules.toml", ["other_use"])
    assert parse(text % ", state = true", "rules.toml", ["other_use"]).schemes


@pytest.mark.parametrize("marker", ["cover", "fallow"])
def test_events_of_the_contrary_are_not_counted(marker):
    """A spell of bare soil would count as cover, and a harvest as fallow."""
    text = f'[scheme.a]\nneed = [{{ marker = "{marker}"%s }}]'
    with pytest.raises(RuleError, match=f"some events of {marker} are of the contrary: name a"):
        parse(text % "", "rules.toml", [marker])
    kind = {"cover": "covered", "fallow": "harvest"}[marker]
    assert parse(text % f', kind = "{kind}"', "rules.toml", [marker]).schemes
    assert parse(text % ", state = true", "rules.toml", [marker]).schemes


def test_no_such_file(tmp_path):
    with pytest.raises(RuleError, match="cannot be read"):
        read(tmp_path / "none.toml", MARKERS)


def test_the_hash_is_that_of_the_file(tmp_path):
    file = tmp_path / "rules.toml"
    file.write_bytes(b"\xef\xbb\xbf" + NEED.replace("\n", "\r\n").encode())
    rules = read(file, MARKERS)
    assert rules.hash == hashlib.sha256(file.read_bytes()).hexdigest()
    assert rules.markers() == ["mowing"]


def test_the_parts_of_a_scheme():
    rules = parse(
        "[sure]\ngreen = 0.8\n[scheme.a]\nsure = { red = 0.1 }\n"
        + NEED
        + 'window = ["10-01", "+02-29"]\n[[scheme.a.any]]\nmarker = "cover"\ncovered_days = 56\n'
        + '[[scheme.a.any]]\nforbid = [{ marker = "ploughing" }]\n',
        "x",
        MARKERS,
    )
    (scheme,) = rules.schemes
    assert scheme.sure == Sure(0.8, 0.1, 20, 0.75)
    need, either = scheme.group.parts
    assert str(need.window[1]) == "+02-29"
    assert need.window[1].number(2018) - need.window[0].number(2018) == 150
    assert either.how is How.ANY
    assert either.parts[0].value == "covered_days"
    assert rules.markers() == ["mowing", "cover", "ploughing"]
    assert len(rules.hash) == 64


def test_texts_are_of_one_line():
    """Else a sentence with one would break what is kept by the line."""
    rules = parse('[scheme.a]\ntitle = """\nTwo\n  lines"""\n' + NEED, "x", MARKERS)
    assert rules.schemes[0].title == "Two lines"
    own = '[scheme.a]\nneed = [{ marker = "mine", kind = "a\\nb" }]\n'
    (one,) = parse(own, "x", ["mine"]).schemes[0].group.conditions()
    assert one.kind == "a b"


def test_the_examples_are_sound_and_have_sources():
    rules = read(EXAMPLES, MARKERS)
    assert len(rules.schemes) >= 8
    assert all(scheme.source and scheme.title for scheme in rules.schemes)


def test_days_of_cover_may_have_a_window():
    text = '[scheme.a]\nneed = [{ marker = "cover", %s, window = ["10-01", "12-15"] }]\n'
    (one,) = parse(text % "unbroken_days = 42", "x", ["cover"]).schemes[0].group.conditions()
    assert (one.value, one.at_least) == ("longest_covered", 42)
    (one,) = parse(text % "covered_days = 42", "x", ["cover"]).schemes[0].group.conditions()
    assert (one.value, one.unknown) == ("covered_days", "unknown_days")
    with pytest.raises(RuleError, match="need 1: a state or value is of the days"):
        parse(text % "min_share = 0.5", "x", ["cover"])
