"""Daily CSV lists of all products of a satellite, from CDSE's public Swift container.

``SATELLITE/YYYY/MM/SATELLITE_YYYYMMDD_COPERNICUS_catalogue_MADE.csv``: by day of sensing, fields
separated by ``;``. Lists of recent days are written again, and the newest one counts. They contain
CARD products that the catalogue does not list.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import partial

from dias_cbm.catalogue.adapters.json_path import BIGINT, Node, is_name
from dias_cbm.catalogue.base import Page, Quarantined, Skipped
from dias_cbm.catalogue.odd_entries import Odd, SetAside, read_each
from dias_cbm.catalogue.raw_entry import Listed, foreign, kind_of, read, well_known
from dias_cbm.errors import SchemaChanged
from dias_cbm.scenes import Kind, Scene, parse_name, stem
from dias_cbm.transport.http import Client

_FILE = re.compile(r"(?P<satellite>S\d[A-Z])_(?P<day>\d{8})_COPERNICUS_catalogue_(?P<made>\d{8})")
_SATELLITES = ("S1A", "S1B", "S1C", "S1D")
_NEEDED = ("Id", "Name", "ContentDate:Start", "ContentDate:End", "S3Path")
_LARGEST_LISTING = 1000
# Fractions of a second to the microsecond; some have more digits.
_FRACTION = re.compile(r"(\.\d{6})\d+")


class CsvLists:
    """The lists of one platform.

    :param url: of the container.
    """

    def __init__(self, platform: str, url: str, client: Client | None = None) -> None:
        self.platform = platform
        self._url = url.rstrip("/")
        self._client = client or Client(f"{platform} lists")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def read(self, kinds: Collection[Kind], day: date) -> Page:
        """The products of these kinds in the lists of a day.

        :param day: of sensing.
        :raises CatalogueError: no usable answer.
        """
        page = Page()
        for satellite in _SATELLITES:
            if name := self._latest(satellite, day):
                text = self._client.get_text(f"{self._url}/{name}")
                for entry in entries(text, name, self.platform, kinds):
                    if isinstance(entry, Quarantined):
                        page.quarantined.append(entry)
                    elif isinstance(entry, Scene):
                        page.scenes.append(entry)
                    else:
                        page.skipped.append(entry)
        return page

    def _latest(self, satellite: str, day: date) -> str | None:
        """The newest list of a satellite and day; None if there is none."""
        prefix = f"{satellite}/{day:%Y/%m}/{satellite}_{day:%Y%m%d}_"
        parameters = {"format": "json", "prefix": prefix, "limit": str(_LARGEST_LISTING)}
        reply = self._client.get_json(f"{self._url}/", parameters)
        if not isinstance(reply, list):
            raise SchemaChanged("no list at $", subject=f"{self.platform} lists")
        names = [one.get("name") if isinstance(one, dict) else None for one in reply]
        found = [
            (match["made"], name)
            for name in names
            if isinstance(name, str)
            and name.startswith(prefix)
            and name.endswith(".csv")
            and (match := _FILE.match(name.rpartition("/")[2]))
        ]
        return max(found)[1] if found else None


def entries(
    text: str, file: str, platform: str, kinds: Collection[Kind]
) -> Iterator[Scene | Quarantined | Skipped]:
    """The entries of these kinds in a list, also those that cannot be used.

    Other products, thousands a day, are not reported.

    :param file: for messages.
    :raises SchemaChanged: a column is missing, or none of our rows can be read.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    missing = [name for name in _NEEDED if name not in (rows.fieldnames or [])]
    if missing:
        raise SchemaChanged(f"no column {missing[0]}", subject=file)
    aside = SetAside()
    for number, row in _rows(rows, file):
        name = stem(row["Name"] or "")
        kind = kind_of(name, None)
        if kind is None or foreign(row["Id"] or "", name, None, kinds):
            continue
        where = f"{file} line {number}"
        found = read_each(
            [Node({"id": row["Id"], "name": name}, where)],
            partial(_read, row=row, kind=kind, platform=platform, kinds=kinds),
        )
        aside.note(found)
        for entry in found:
            if not isinstance(entry, Odd):
                yield entry
    page = aside.page(platform, kinds)
    yield from page.quarantined
    yield from page.skipped


def _rows(rows: csv.DictReader[str], file: str) -> Iterator[tuple[int, Mapping[str, str | None]]]:
    """The rows of a list and their lines.

    :raises SchemaChanged: one cannot be split into fields, or a quote hides the rows after it.
    """
    number = 1
    while True:
        where = f"{file} line {number + 1}"
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise SchemaChanged(f"no row of fields: {error}", subject=where) from error
        if row is None:
            return
        if any("\n" in (value or "") for key, value in row.items() if key is not None):
            raise SchemaChanged("a quote that does not end in its line", subject=where)
        number = rows.line_num
        yield number, row


def _read(
    node: Node,
    *,
    row: Mapping[str, str | None],
    kind: Kind,
    platform: str,
    kinds: Collection[Kind],
) -> Scene | Quarantined | Skipped:
    return read(_listed(row, node.get("name").name(), kind, node.path), platform, kinds)


def _listed(row: Mapping[str, str | None], name: str, kind: Kind, where: str) -> Listed:
    algorithm, value = row.get("Checksum:Algorithm"), row.get("Checksum:Value")
    size = Node((row.get("ContentLength") or "").strip(), f"{where} ContentLength")
    published = row.get("IngestionDate")
    product_id = row["Id"] or ""
    if not is_name(product_id):
        raise SchemaChanged("no Id", subject=where)
    return Listed(
        product_id=product_id,
        name=name,
        kind=kind,
        product_type=None,
        satellite=parse_name(name).get("satellite"),
        start=_time(row["ContentDate:Start"], where),
        end=_time(row["ContentDate:End"], where),
        published=_time(published, where) if published else None,
        geometry=well_known(row.get("Bbox")),
        location=(row["S3Path"] or "").strip() or None,
        size=size.counted(BIGINT),
        checksum=f"{algorithm.lower()}:{value.lower()}" if algorithm and value else None,
    )


def _time(text: str | None, where: str) -> datetime:
    """A time; UTC where no zone is given."""
    try:
        read_time = datetime.fromisoformat(_FRACTION.sub(r"\1", (text or "").strip()))
    except ValueError:
        raise SchemaChanged(f"no time: {text!r}", subject=where) from None
    return read_time.astimezone(UTC) if read_time.tzinfo else read_time.replace(tzinfo=UTC)
