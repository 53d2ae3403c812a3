"""Crop groups: whose confusion is not an error, and texts that are nearly the same."""

import pytest

from dias_cbm.errors import SettingsError
from dias_cbm.outliers.groups import alike, grouping, hcat_group

CROPS = ["barley", "Maize", "rye", "maize", "wheat"]
TABLE = {"wheat": "cereals", "rye": "cereals", "maize": "maize", "spelt": "cereals"}


def test_a_crop_without_a_group_is_one_alone() -> None:
    found = grouping(CROPS, TABLE)
    assert found.group.tolist() == [0, 1, 2, 3, 2]
    assert found.names == ("barley", "Maize", "cereals", "maize")
    assert found.ungrouped == ("barley", "Maize")
    assert found.unknown == ("spelt",)


def test_a_crop_named_like_a_group_does_not_join_it() -> None:
    found = grouping(["cereals", "wheat"], {"wheat": "cereals"})
    assert found.group.tolist() == [0, 1]


def test_no_table_leaves_every_crop_alone_and_says_nothing() -> None:
    found = grouping(["barley", "rye"], {})
    assert found.group.tolist() == [0, 1]
    assert found.remarks() == []


def test_odd_texts_are_reported_and_not_merged() -> None:
    found = grouping(CROPS, TABLE)
    assert found.alike == (("Maize", "maize"),)
    assert found.remarks() == [
        "crops of the groups that nobody declared: spelt",
        "declared crops without a group: barley, Maize",
        "differ only by case or blanks, and count as different crops: 'Maize' | 'maize'",
    ]


def test_long_lists_are_cut_with_their_number() -> None:
    found = grouping(["rye"], {"rye": "x"} | {f"c{number:02d}": "x" for number in range(12)})
    assert found.remarks()[0].endswith("c09 and 2 more")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("winter wheat", "Winter Wheat"),
        ("winter wheat", " winter  wheat "),
        ("winter wheat", "winter\u00a0wheat"),
        ("bl\u00e9", "ble\u0301"),
        ("Wei\u00dfkohl", "WEISSKOHL"),
    ],
)
def test_alike(one: str, other: str) -> None:
    assert alike([one, other, "rye", one]) == (tuple(sorted((one, other))),)
    assert alike([one, one]) == ()


def test_hcat_levels() -> None:
    code = "3301010101"
    assert [hcat_group(code, level) for level in (3, 4, 5, 6)] == [
        "HCAT 3301", "HCAT 330101", "HCAT 33010101", "HCAT 3301010101",
    ]  # fmt: skip
    with pytest.raises(SettingsError, match="level 7"):
        hcat_group(code, 7)
    for wrong in ("33010101", "wheat", "33010101010", "٣٣01010101"):
        with pytest.raises(SettingsError, match="ten digits"):
            hcat_group(wrong, 4)
