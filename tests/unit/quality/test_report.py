"""Decision table, rates and hectares, worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from dias_cbm.quality.areas import areas
from dias_cbm.quality.draw import Options
from dias_cbm.quality.drawn import Drawn, make
from dias_cbm.quality.findings import Finding, Found, Judged
from dias_cbm.quality.ranked_list import Row, parse
from dias_cbm.quality.rates import Rate, rates, table, wrong_by_group
from dias_cbm.quality.report import items_csv, report

GOOD, BAD, NOBODY = Finding.COMPLIANT, Finding.NOT_COMPLIANT, Finding.CANNOT_TELL
#: Colour, finding, how many: 5 false reds, 2 false greens.
COUNTS = [
    ("green", GOOD, 60), ("green", BAD, 2), ("red", GOOD, 5), ("red", BAD, 15),
    ("yellow", GOOD, 10), ("yellow", BAD, 3), ("green", NOBODY, 1), ("red", None, 4),
    ("open", GOOD, 7), ("", BAD, 8),
]  # fmt: skip


def item(
    colour: str, finding: Finding | None, number: int, holding: str, area: float = 1.0,
    group: str = "A",
) -> Judged:  # fmt: skip
    return Judged(Row(f"p{number}", holding, group, True, number, area, colour), finding, colour)


@pytest.fixture
def items() -> list[Judged]:
    return [
        item(colour, finding, 100 * kind + number, f"h{number % 20}")
        for kind, (colour, finding, many) in enumerate(COUNTS)
        for number in range(many)
    ]


def test_the_table(items: list[Judged]) -> None:
    counted = table(items)
    assert counted.of("green", BAD) == 2
    assert counted.of("yellow", NOBODY) == 0
    assert counted.judged(GOOD) == 75
    assert counted.waiting == 4


def test_every_definition(items: list[Judged]) -> None:
    found = {one.name: (one.wrong, one.judged) for one in rates(table(items))}
    assert found == {
        "alpha": (5, 75),
        "alpha_decided": (5, 65),
        "beta": (2, 20),
        "beta_decided": (2, 17),
        "beta_of_greens": (2, 62),
        "cropclassification_alpha": (5, 20),
        "cropclassification_beta": (2, 77),
        "cropclassification_theta": (13, 95),
    }


def test_a_rate_has_its_interval(items: list[Judged]) -> None:
    beta: Rate = next(one for one in rates(table(items)) if one.name == "beta")
    assert beta.share == 0.1
    assert (round(beta.low, 4), round(beta.high, 4)) == (0.0123, 0.3170)  # scipy says so too
    assert beta.method == "Clopper-Pearson"


def test_nothing_judged_is_not_a_rate_of_nothing() -> None:
    assert {one.share for one in rates(table([]))} == {None}


def test_by_group_with_the_size_of_the_lot(items: list[Judged]) -> None:
    small, large = wrong_by_group(items, {"A": 100, "B": 9000})
    assert (small.wrong, small.judged, small.method) == (7, 95, "hypergeometric, lot of 100")
    assert 0.07 <= small.low <= small.high <= 0.12  # 7 are known, 5 of 100 were not judged
    assert (large.share, large.method) == (None, "Clopper-Pearson")


def test_hectares_with_weights() -> None:
    """Group A: 2 of 10 rows judged, weight 5. Group B: 1 of 3, weight 3."""
    given = [
        item("green", BAD, 1, "h1", 2.0), item("green", GOOD, 2, "h2", 4.0),
        item("red", GOOD, 3, "h1", 5.0, "B"), item("yellow", None, 4, "h3", 9.0),
        item("green", NOBODY, 5, "h3", 9.0), item("open", GOOD, 6, "h3", 9.0),
    ]  # fmt: skip
    found = areas(given, {"A": 10, "B": 3, "C": 7}, None, 1)
    assert found.weights == {"A": 5.0, "B": 3.0}
    assert found.claimed == 5 * 2 + 5 * 4 + 3 * 5
    assert {one.name: one.hectares for one in found.errors} == {
        "error": 25.0, "false_green": 10.0, "false_red": 15.0,
    }  # fmt: skip
    error = found.errors[0]
    assert error.share == pytest.approx(25 / 45)
    # Two holdings: one all wrong, one all right; so a round finds 0, 25/45 or 1.
    assert (error.low, error.high) == (0.0, 1.0)
    assert found.unseen == ["C"]
    assert (found.items, found.holdings) == (3, 2)


def test_hectares_say_what_they_left_out() -> None:
    given = [item("green", BAD, 1, "h1", float("nan")), item("green", GOOD, 2, "h1", 4.0)]
    found = areas(given, {"A": 10}, None, 1)
    assert (found.items, found.without_area, found.weights) == (1, 1, {"A": 10.0})
    nothing = areas(given[:1], {"A": 10}, None, 1)
    assert (list(nothing.errors), nothing.without_area) == ([], 1)


def test_no_error_seen_is_not_no_error() -> None:
    given = [item("green", GOOD, n, f"h{n % 60}") for n in range(300)]
    error = areas(given, {"A": 6000}, None, 1).errors[0]
    assert (error.share, error.low) == (0.0, 0.0)
    assert error.high == pytest.approx(1 - 0.025 ** (1 / 60))
    assert error.method == "Clopper-Pearson, by holdings"


def test_one_holding_says_nothing_of_others() -> None:
    given = [item("green", GOOD, 1, "h1"), item("green", BAD, 2, "h1")]
    error = areas(given, {"A": 10}, None, 1).errors[0]
    assert (error.share, error.low, error.high) == (0.5, 0.0, 1.0)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """100 of 1,500 holdings, of which a tenth of the area is wrong; 95 % is asked for."""
    chance = np.random.default_rng(5)
    held = 0
    for trial in range(60):
        wrong_of = chance.beta(0.2, 1.8, 1500)
        rows = [
            (holding, chance.random() < wrong_of[holding], round(chance.lognormal(0, 0.7), 4))
            for holding in range(1500)
            for _ in range(3)
        ]
        truth = sum(area for _, wrong, area in rows if wrong) / sum(area for *_, area in rows)
        chosen = set(chance.choice(1500, 100, replace=False).tolist())
        items = [
            item("green", BAD if wrong else GOOD, n, f"h{holding}", area + 1e-4)
            for n, (holding, wrong, area) in enumerate(rows)
            if holding in chosen
        ]
        error = areas(items, {"A": len(rows)}, None, trial, 500).errors[0]
        held += error.low <= truth <= error.high
    assert held >= 51  # 57 expected; fewer than 51 would happen once in 200 times at 95 %


def test_the_bootstrap_is_repeated_by_its_seed_and_draws_holdings(items: list[Judged]) -> None:
    first, again = (areas(items, {"A": 100}, None, 9) for _ in range(2))
    assert first == again
    assert first != areas(items, {"A": 100}, None, 10)
    # The same items in one holding each are less alike than 20 holdings with one kind each.
    kinds = [item("red" if n % 20 < 2 else "green", GOOD, n, f"h{n % 20}") for n in range(200)]
    alone = [item("red" if n % 20 < 2 else "green", GOOD, n, f"h{n}") for n in range(200)]
    wide, narrow = (areas(one, {"A": 200}, None, 9).errors[0] for one in (kinds, alone))
    assert wide.share == narrow.share == 0.1
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def drawn() -> Drawn:
    rows = "\n".join(f"p{n},h{n},A,1,{n},{n}.5,{'red' if n == 2 else 'green'}" for n in range(1, 5))
    head = "gsa_par_id,gsa_hol_id,ua_grp_id,covered,ranking,claim_area,colour"
    made = datetime(2026, 8, 1, tzinfo=UTC)
    return make(parse(f"{head}\n{rows}\n", "a list"), {"A": 3}, Options(), made)


def test_a_report_in_words() -> None:
    day = date(2026, 9, 1)
    known = [
        Found("A", "p1", NOBODY, "no access", "", "ann", day, "p4"),
        Found("A", "p2", GOOD, "", "", "ann", day),
        Found("A", "p3", GOOD, "", "", "ann", day),
    ]
    found = report(drawn(), known)
    lines = found.lines()
    assert lines[:6] == [
        "colour          compliant  not_compliant    cannot_tell",
        "green                   1              0              0",
        "red                     1              0              0",
        "yellow                  0              0              0",
        "open                    0              0              0",
        "without a finding: 1",
    ]
    assert lines[6] == "replaced because no access: 1"
    assert "alpha: 1 / 2 = 50.00% (1.3% to 98.7%): false red / compliant judged" in lines
    assert "beta: nothing judged: false green / non-compliant judged" in lines
    assert "A: 1 / 2 = 50.00% (25.0% to 75.0%): hypergeometric, lot of 4" in lines
    assert "claimed area, estimated: 12.00 ha; added up from the list: 12.00 ha" in lines
    assert any(
        one.startswith("false_red: 5.00 ha, 41.67% (0.00% to 100.00%): false red") for one in lines
    )
    assert items_csv(drawn(), known).splitlines() == [
        "bucket_id,gsa_par_id,gsa_hol_id,ranking,covered,claim_area,colour,finding,weight",
        "A,p4,h4,4,1,4.5000,green,,",
        "A,p2,h2,2,1,2.5000,red,compliant,2.0000",
        "A,p3,h3,3,1,3.5000,green,compliant,2.0000",
    ]
    values = found.values()
    assert values["table"]["red"] == {"compliant": 1, "not_compliant": 0, "cannot_tell": 0}
    assert values["areas"]["seed"] == 20260215
    assert values["by_group"]["A"] == values["rates"]
