"""Page, pictures and records: nothing loaded, nothing of others as HTML, nothing half written."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dias_cbm.chips import Chip, Format
from dias_cbm.chips.picture import picture
from dias_cbm.errors import OutputError
from dias_cbm.follow_up import page, record
from dias_cbm.follow_up.pictures import data_address, outlined, rings

HOSTILE = "\"><script>alert(1)</script><img src=x onerror='x'>&amp;"


def chip(outline: str = "M2.0 2.0 L8.0 2.0 L8.0 8.0 L2.0 8.0ZM4.0 4.0 L5.0 4.0 L5.0 5.0Z") -> Chip:
    pixels = np.full((10, 10, 4), (40, 120, 40, 255), "u1")
    pixels[0] = 0
    return Chip(
        picture(pixels, Format.PNG), Format.PNG, 7, "true_colour", 10, 10, (0, 0, 100, 100),
        "EPSG:32632", [(9, 56)] * 4, 10.0, outline, whole=True, data_share=0.9,
    )  # fmt: skip


def a_record(pid: str = "p1", **more: Any) -> dict[str, Any]:
    image = {
        "file": "a.png", "day": "2018-05-11", "product": HOSTILE, "satellite": "S2A",
        "orbit": 108, "direction": "descending", "clear_share": 0.97, "ndvi": 0.51,
        "why": "before the cut", "title": "true colour", "address": data_address(chip()),
        "width": 10, "height": 10, "outline": chip().outline, "pixel_m": 10.0,
    }  # fmt: skip
    return {
        "key": "k", "failed": 0, "pid": pid, "folder": "p1_00", "crop": "barley", "area_ha": 1.234,
        "doubts": [{"name": "outlier", "colour": "red", "sentence": "It is maize."}],
        "images": [image], "notes": ["No clear image between 3 May and 20 June."],
    } | more  # fmt: skip


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    handle_startendtag = handle_starttag

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(path: Path) -> Seen:
    found = Seen()
    found.feed(path.read_text())
    return found


def test_the_page_says_and_shows_everything(tmp_path: Path) -> None:
    assert page.write(tmp_path / "a.html", "Follow-up of dk-2018", "2 parcels", [a_record()]) == 0
    found = seen(tmp_path / "a.html")
    for text in (
        "Follow-up of dk-2018", "p1", "barley, 1.23 ha", "It is maize.", "2018-05-11",
        "before the cut", "S2A, orbit 108 descending, 97% clear, NDVI 0.51, pixels of 10 m",
        "No clear image between 3 May and 20 June.",
    ):  # fmt: skip
        assert text in found.text
    assert found.tags.count("image") == 1
    assert [name for name, _ in found.attributes].count("d") == 2


def test_nothing_is_loaded_and_nothing_runs(tmp_path: Path) -> None:
    hostile = a_record(
        HOSTILE, crop=HOSTILE, folder=HOSTILE, notes=[HOSTILE],
        doubts=[{"name": HOSTILE, "colour": HOSTILE, "sentence": HOSTILE}],
    )  # fmt: skip
    page.write(tmp_path / "a.html", HOSTILE, HOSTILE, [hostile, a_record(crop=None)])
    found = seen(tmp_path / "a.html")
    assert {"script", "img", "link", "iframe"} & set(found.tags) == set()
    assert [name for name, _ in found.attributes if name.startswith("on")] == []
    addresses = [value for name, value in found.attributes if name in ("href", "src")]
    assert len(addresses) == 2
    assert all(str(value).startswith("data:image/webp;base64,") for value in addresses)
    assert "http" not in re.sub(r"http-equiv", "", (tmp_path / "a.html").read_text())
    assert ("content", "default-src 'none'; img-src data:; style-src 'unsafe-inline'") in (
        found.attributes
    )


def test_a_page_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = a_record()
    monkeypatch.setattr(page, "MOST_BYTES", 2 * len(one["images"][0]["address"]))
    assert page.write(tmp_path / "a.html", "t", "i", [one] * 5) == 3
    found = seen(tmp_path / "a.html")
    assert found.tags.count("image") == 2
    assert found.text.count("Images (1) are in the folder p1_00: this page has no room") == 3


def test_the_outline_is_drawn() -> None:
    content = outlined(chip())
    with Image.open(io.BytesIO(content)) as image:
        pixels = np.asarray(image)
    factor = 39  # 384 / 10, rounded up
    assert pixels.shape == (390, 390, 4)
    yellow = (pixels[..., 0] > 200) & (pixels[..., 1] > 200)
    assert yellow[2 * factor, 5 * factor]
    assert yellow[5 * factor, 8 * factor]
    assert not yellow[3 * factor, 3 * factor]
    assert (pixels[:factor, :, 3] == 0).all()
    assert rings(chip().outline)[1] == [(4, 4), (5, 4), (5, 5)]
    assert outlined(chip(""))


def test_records(tmp_path: Path) -> None:
    place = tmp_path / record.folder_of("p/1")
    assert record.read(place) is None
    record.write(place, a_record(), {"a.png": b"1", "b.png": b"2"})
    assert record.read(place) == a_record()
    record.write(place, a_record(), {"a.png": b"3"})
    assert sorted(path.name for path in place.iterdir()) == ["a.png", record.RECORD]
    (place / "a.png").unlink()
    assert record.read(place) is None  # a picture is missing: it is made again
    (place / record.RECORD).write_text('{"images": 3}')
    assert record.read(place) is None


def test_folders_stay_inside_and_apart() -> None:
    names = [
        record.folder_of(pid) for pid in ("a/b", "a_b", "../../etc", "", "x" * 500, "æ\n", ".")
    ]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name) for name in names)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        record.write(tmp_path / "file" / "p", a_record(), {})
