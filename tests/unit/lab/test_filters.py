from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dias_cbm_lab.dias import filters
from dias_cbm_lab.dias.filters import FilterError, parse
from dias_cbm_lab.dias.listing import text

NOON = datetime(2018, 5, 15, 12, tzinfo=UTC)


def entry(name="S1A_IW_GRDH_x_CARD_BS", *, hours=0, product_type="CARD-BS", orbit=44, east=9.0):
    sensed = NOON + timedelta(hours=hours)
    return {
        "Id": f"id-{name}",
        "Name": name,
        "Online": True,
        "ContentLength": 100 + hours,
        "S3Path": f"/eodata/{name}",
        "PublicationDate": text(sensed + timedelta(days=1)),
        "ModificationDate": text(sensed + timedelta(days=1)),
        "ContentDate": {"Start": text(sensed), "End": text(sensed + timedelta(seconds=25))},
        "GeoFootprint": shapely.geometry.mapping(shapely.box(east, 56, east + 1, 57)),
        "Attributes": [
            {
                "@odata.type": "#OData.CSC.StringAttribute",
                "Name": "productType",
                "Value": product_type,
                "ValueType": "String",
            },
            {
                "@odata.type": "#OData.CSC.IntegerAttribute",
                "Name": "relativeOrbitNumber",
                "Value": orbit,
                "ValueType": "Integer",
            },
            {
                "@odata.type": "#OData.CSC.DateTimeOffsetAttribute",
                "Name": "beginningDateTime",
                "Value": text(sensed),
                "ValueType": "DateTimeOffset",
            },
        ],
    }


STRING, INTEGER = "Attributes/OData.CSC.StringAttribute", "Attributes/OData.CSC.IntegerAttribute"
INTERSECTS = "OData.CSC.Intersects(area=geography'SRID=4326;{}')"


@pytest.mark.parametrize(
    ("filter_text", "matches"),
    [
        ("Collection/Name eq 'SENTINEL-1'", True),
        ("Collection/Name eq 'SENTINEL-2'", False),
        ("Name eq 'S1A_IW_GRDH_x_CARD_BS'", True),
        ("Id eq 'id-S1A_IW_GRDH_x_CARD_BS'", True),
        ("contains(Name,'GRD')", True),
        ("contains(Name, 'SLC')", False),
        ("startswith(Name,'S1A')", True),
        ("endswith(Name,'_CARD_BS')", True),
        ("Online eq true", True),
        ("Online eq false", False),
        ("ContentLength gt 99.5", True),
        ("ContentDate/Start ge 2018-05-15T12:00:00.000Z", True),
        ("ContentDate/Start gt 2018-05-15T12:00:00.000Z", False),
        ("ContentDate/Start lt 2018-05-15T12:00:00.001Z", True),
        ("ContentDate/Start ge 2018-05-15T14:00:00+02:00", True),
        ("ContentDate/Start ge 2018-05-15T12:00:00", True),
        ("ContentDate/End le 2018-05-15T12:00:25.000Z", True),
        ("PublicationDate gt 2018-05-16", True),
        ("PublicationDate lt 2018-05-16T12:00:00Z", False),
        (f"{STRING}/any(att:att/Name eq 'productType' and att/Value eq 'CARD-BS')", True),
        (
            f"{STRING}/any(i0:i0/Name eq 'productType'"
            " and i0/OData.CSC.StringAttribute/Value eq 'CARD-BS')",
            True,
        ),
        (f"{STRING}/any(att:att/Name eq 'productType' and att/Value eq 'GRD')", False),
        # The type of the attribute is part of the question.
        (f"{STRING}/any(att:att/Name eq 'relativeOrbitNumber')", False),
        (
            f"{INTEGER}/any(att:att/Name eq 'relativeOrbitNumber'"
            " and att/OData.CSC.IntegerAttribute/Value eq 44)",
            True,
        ),
        (f"{INTEGER}/any(a:a/Name eq 'relativeOrbitNumber' and a/Value lt 44)", False),
        (
            "Attributes/OData.CSC.DateTimeOffsetAttribute/any(a:a/Name eq 'beginningDateTime'"
            " and a/OData.CSC.DateTimeOffsetAttribute/Value ge 2018-05-15T12:00:00Z)",
            True,
        ),
        (INTERSECTS.format("POLYGON((9.5 56.5,9.6 56.5,9.6 56.6,9.5 56.5))"), True),
        (INTERSECTS.format("POLYGON((11 56.5,12 56.5,12 56.6,11 56.5))"), False),
        (
            INTERSECTS.format(
                "MULTIPOLYGON(((11 56,12 56,12 57,11 56)),((9 56,9.1 56,9.1 56.1,9 56)))"
            ),
            True,
        ),
        (INTERSECTS.format("POINT(9.5 56.5)"), True),
        ("not contains(Name,'GRD')", False),
        ("not (Online eq false) and Online eq true", True),
        # `and` binds more tightly than `or`.
        ("Online eq true or Online eq true and Online eq false", True),
        ("(Online eq true or Online eq true) and Online eq false", False),
        ("((((Online eq true))))", True),
    ],
)
def test_filters_mean_what_they_say(filter_text, matches):
    assert parse(filter_text)(entry()) is matches


def test_a_quote_in_a_text_is_doubled():
    assert parse("Name eq 'it''s'")(entry("it's"))


def test_an_entry_without_footprint_intersects_nothing():
    one = entry() | {"GeoFootprint": None}
    assert not parse(INTERSECTS.format("POLYGON((0 0,20 0,20 80,0 80,0 0))"))(one)


@pytest.mark.parametrize(
    ("filter_text", "message"),
    [
        ("Name eq", "ends too early"),
        ("Name", "ends too early"),
        ("Name like 'x'", "unknown operator 'like'"),
        ("Nome eq 'x'", "unknown property 'Nome'"),
        ("att/Name eq 'x'", "unknown property 'att/Name'"),
        ("Name eq x", "a value is missing"),
        ("Name eq 5", "not a str"),
        ("ContentDate/Start ge 'yesterday'", "not a datetime"),
        ("ContentDate/Start ge 2018-13-01T00:00:00Z", "is not a time"),
        ("Online eq true and", "ends too early"),
        ("Online eq true Online eq true", "unexpected 'Online'"),
        ("(Online eq true", "expected ')'"),
        ("Online eq true)", "unexpected ')'"),
        ("Name eq 'x", "unexpected character at position 8"),
        ("Name eq 'x'; drop", "unexpected character"),
        ("contains(Online,'x')", "is not text"),
        ("Online gt null", "cannot be ordered"),
        (f"{STRING}/any(att:Name eq 'x')", "unknown property 'Name'"),
        (f"{STRING}/any(att:att/OData.CSC.IntegerAttribute/Value eq 5)", "unknown property"),
        ("Attributes/OData.CSC.ColourAttribute/any(a:a/Name eq 'x')", "unknown attribute type"),
        (INTERSECTS.format("CIRCLE(9 56)"), "not a geography"),
        (INTERSECTS.format("POLYGON((9 56,10 56)"), "cannot be read"),
        (INTERSECTS.format("POLYGON((9 56,10 56))"), "cannot be read"),
        (INTERSECTS.format("POLYGON((0 0,1 1,1 0,0 1,0 0))"), "invalid"),
        ("OData.CSC.Intersects(area='POLYGON((0 0,1 1,1 0,0 0))')", "unexpected"),
        ("(" * 60 + "Online eq true" + ")" * 60, "nested too deeply"),
        ("__import__('os')", "unknown property"),
    ],
)
def test_what_is_no_filter_is_refused(filter_text, message):
    with pytest.raises(FilterError) as refused:
        parse(filter_text)
    assert message in str(refused.value)


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_is_refused(some_text):
    with suppress(FilterError):
        parse(some_text)(entry())


# Random filters, each a pair of its text and its meaning in plain Python.
COMPARE = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
}


def start_of(one):
    return datetime.fromisoformat(one["ContentDate"]["Start"])


def orbit_of(one):
    return next(a["Value"] for a in one["Attributes"] if a["Name"] == "relativeOrbitNumber")


@st.composite
def by_time(draw):
    word, moment = (
        draw(st.sampled_from(list(COMPARE))),
        NOON + timedelta(hours=draw(st.integers(-3, 3))),
    )
    return (
        f"ContentDate/Start {word} {text(moment)}",
        lambda one: COMPARE[word](start_of(one), moment),
    )


@st.composite
def by_orbit(draw):
    word, orbit = draw(st.sampled_from(list(COMPARE))), draw(st.integers(43, 46))
    return (
        f"{INTEGER}/any(o:o/Name eq 'relativeOrbitNumber' and o/Value {word} {orbit})",
        lambda one: COMPARE[word](orbit_of(one), orbit),
    )


@st.composite
def by_name(draw):
    part = draw(st.sampled_from(["S1A", "S2", "_", "B", "BS"]))
    return f"contains(Name,'{part}')", lambda one: part in one["Name"]


@st.composite
def by_place(draw):
    west = draw(st.integers(6, 12)) + 0.5
    polygon = f"POLYGON(({west} 56.2,{west + 1} 56.2,{west + 1} 56.8,{west} 56.8,{west} 56.2))"

    def meets(one):
        corners = [x for x, _ in one["GeoFootprint"]["coordinates"][0]]
        return min(corners) <= west + 1 and west <= max(corners)

    return INTERSECTS.format(polygon), meets


def joined(children):
    def both(pair):
        (one, means_one), (two, means_two) = pair
        return f"{one} and {two}", lambda e: means_one(e) and means_two(e)

    def either(pair):
        (one, means_one), (two, means_two) = pair
        return f"({one} or {two})", lambda e: means_one(e) or means_two(e)

    def negated(child):
        one, means = child
        return f"not ({one})", lambda e: not means(e)

    pairs = st.tuples(children, children)
    return pairs.map(both) | pairs.map(either) | children.map(negated)


SOME_FILTER = st.recursive(by_time() | by_orbit() | by_name() | by_place(), joined, max_leaves=8)
ENTRIES = [
    entry(name, hours=hours, orbit=orbit, east=east)
    for name in ("S1A_BS", "S1B", "S2A_B")
    for hours in (-2, 0, 1)
    for orbit in (44, 45)
    for east in (7.0, 9.0, 11.0)
]


@given(SOME_FILTER)
@settings(max_examples=300, deadline=None)
def test_filters_agree_with_plain_python(some_filter):
    filter_text, means = some_filter
    predicate = parse(filter_text)
    assert [predicate(one) for one in ENTRIES] == [means(one) for one in ENTRIES]


def test_values_by_path():
    assert filters.value_of(entry(), "ContentDate/Start") == NOON
    assert filters.value_of(entry(), "Collection/Name") == "SENTINEL-1"
    with pytest.raises(FilterError, match="unknown property"):
        filters.value_of(entry(), "Checksum")
