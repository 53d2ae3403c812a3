"""Daily CSV lists, read by the names of their columns."""

from datetime import UTC, date, datetime

import pytest

from dias_cbm.catalogue.base import Quarantined
from dias_cbm.catalogue.csv_lists import CsvLists, entries
from dias_cbm.errors import SchemaChanged
from dias_cbm.scenes import Kind, Scene
from dias_cbm.transport.http import Client

BS = "S1A_IW_GRDH_1SDV_20180501T053000_20180501T053025_021713_02574C_0001_CARD_BS"
HEADER = (
    "Id;Name;ContentLength;IngestionDate;ContentDate:Start;ContentDate:End;"
    "Checksum:Algorithm;Checksum:Value;ModificationDate;S3Path;Bbox\n"
)
BOX = "POLYGON ((9 55, 11 55, 11 56.5, 9 56.5, 9 55))"


def line(name: str = BS, box: str = BOX, start: str = "2018-05-01T05:30:00.1234567Z") -> str:
    return (
        f"id-1;{name};1234;2018-05-02T03:00:00.000Z;{start};2018-05-01T05:30:25.000;"
        f"MD5;A1DA1D85BC98A1235A89C7C9DD9DEB34;2018-05-02T03:00:00Z;"
        f"s3://eodata/Sentinel-1/SAR/CARD-BS/2018/05/01/{name};{box}\n"
    )


def read(text: str) -> list[object]:
    return list(entries(text, "list.csv", "cdse", (Kind.CARD_BS,)))


def test_a_row_is_a_scene() -> None:
    (scene,) = read("\ufeff" + HEADER + line())
    assert isinstance(scene, Scene)
    assert (scene.product_id, scene.name, scene.kind) == ("id-1", BS, Kind.CARD_BS)
    assert scene.start == datetime(2018, 5, 1, 5, 30, 0, 123456, UTC)
    assert scene.end == datetime(2018, 5, 1, 5, 30, 25, tzinfo=UTC)  # without a zone it is UTC
    assert scene.location == f"s3://eodata/Sentinel-1/SAR/CARD-BS/2018/05/01/{BS}"
    assert (scene.size, scene.checksum) == (1234, "md5:a1da1d85bc98a1235a89c7c9dd9deb34")
    assert scene.footprint is not None
    assert scene.footprint.bounds == (9, 55, 11, 56.5)
    assert (scene.satellite, scene.abs_orbit, scene.rel_orbit) == ("S1A", 21713, 116)


def test_columns_may_stand_in_any_order_and_be_more() -> None:
    names, values = HEADER.strip().split(";"), line().strip().split(";")
    turned = ";".join(["New", *reversed(names)]) + "\n" + ";".join(["x", *reversed(values)]) + "\n"
    assert read(turned) == read(HEADER + line())


def test_other_products_are_none_of_ours() -> None:
    raw = "S1A_IW_RAW__0SDV_20180501T053000_20180501T053025_021713_02574C_0001.SAFE"
    assert read(HEADER + line(raw) + line(BS.removesuffix("_CARD_BS") + ".SAFE")) == []


def test_a_row_without_place_is_quarantined() -> None:
    (entry,) = read(HEADER + line(box=""))
    assert isinstance(entry, Quarantined)
    assert entry.reason == "no footprint"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEADER.replace("S3Path", "Path") + line(), "no column S3Path"),
        (HEADER + line(start="yesterday"), "no time: 'yesterday'"),
        (HEADER + line() + line().replace("1234", "12\r34"), "line 3: no row of fields"),
        (HEADER + line() + line().replace("1234", "1" * 200_000), "line 3: no row of fields"),
        # What follows the quote would be one field.
        (HEADER + line().replace("1234", '"1234', 1) + line(), "line 2: a quote that does not end"),
        ("<html>maintenance</html>", "no column Id"),
        ("", "no column Id"),
    ],
)
def test_another_shape_is_told(text: str, said: str) -> None:
    with pytest.raises(SchemaChanged, match=said):
        read(text)


def test_the_list_that_was_made_last_counts() -> None:
    import httpx

    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        if request.url.path.endswith(".csv"):
            return httpx.Response(200, text=HEADER + line(), headers={"Content-Type": "text/csv"})
        prefix = request.url.params["prefix"]
        if not prefix.startswith("S1A/"):
            return httpx.Response(200, json=[])
        made = [f"{prefix}COPERNICUS_catalogue_{day}.csv" for day in (20180502, 20180509, 20180503)]
        names = [*made, f"{prefix}COPERNICUS_catalogue_20990101.txt"]
        return httpx.Response(200, json=[{"name": name, "bytes": 1} for name in names])

    client = Client("cdse lists", transport=httpx.MockTransport(answer))
    page = CsvLists("cdse", "https://lists.test/v1/CatalogueCSV", client).read(
        (Kind.CARD_BS,), date(2018, 5, 1)
    )
    assert [scene.name for scene in page.scenes] == [BS]
    assert asked[1] == (
        "https://lists.test/v1/CatalogueCSV/S1A/2018/05/"
        "S1A_20180501_COPERNICUS_catalogue_20180509.csv"
    )
    assert len(asked) == 5  # a listing a satellite, and one list


def test_one_row_that_cannot_be_read_is_quarantined() -> None:
    other = BS.replace("053000", "053100")
    found = read(HEADER + line() + line(other, start="yesterday"))
    assert [type(entry) for entry in found] == [Scene, Quarantined]
    assert found[1].name == other
    assert found[1].reason == "cannot be read: no time: 'yesterday'"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("1234", "9" * 25, "no number at"),
        ("1234", str(2**63), "not a whole number in range at"),
        (line().partition(";")[0], "a" * 5000, "no Id"),
    ],
)
def test_what_no_ledger_can_hold_is_quarantined(old: str, new: str, said: str) -> None:
    good, odd = read(HEADER + line() + line(BS.replace("053000", "053100")).replace(old, new, 1))
    assert isinstance(good, Scene)
    assert isinstance(odd, Quarantined)
    assert said in odd.reason
