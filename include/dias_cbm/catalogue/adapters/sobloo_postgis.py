"""The product table that SOBLOO provided to its projects, read with SQL.

Its schema is not public: the setting ``catalogue_sql`` holds the selection. The selection
must have the columns ``product_id``, ``name``, ``start``, ``end`` (both ``timestamptz``) and
``geometry``, and may have ``published``, ``location``, ``size``, ``abs_orbit``, ``rel_orbit``,
``direction`` and ``product_type``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import shapely
from shapely import Polygon

from dias_cbm.catalogue import raw_entry
from dias_cbm.catalogue.adapters.json_path import BIGINT, INTEGER, SMALLINT, Node
from dias_cbm.catalogue.area import cover
from dias_cbm.catalogue.base import Capabilities, Page, Quarantined, Query, Skipped, Tombstone
from dias_cbm.catalogue.odd_entries import SetAside, read_each
from dias_cbm.catalogue.query_windows import Seen
from dias_cbm.catalogue.raw_entry import Listed
from dias_cbm.db.connection import LIMITS
from dias_cbm.db.queries import query as sql_of
from dias_cbm.errors import SchemaChanged, SettingsError, Unavailable
from dias_cbm.scenes import Kind, Scene, stem

if TYPE_CHECKING:
    import psycopg

_PAGE = 1000


class SoblooPostgis:
    """Search a table of products in PostGIS.

    :param url: of its database.
    :param selection: SQL that returns the columns named above; ``%`` in it is written ``%%``.
    :raises SettingsError: the selection is empty.
    """

    capabilities = Capabilities(published_filter=False, largest_page=_PAGE, largest_offset=None)

    def __init__(self, platform: str, url: str, selection: str) -> None:
        if not selection.strip():
            raise SettingsError(
                "no selection of products", subject=platform, hint="set catalogue_sql"
            )
        self.platform = platform
        self._url, self._selection = url, selection

    def close(self) -> None:
        """Nothing is kept open between searches."""

    def deleted(self, since: datetime) -> Iterator[Tombstone]:
        """Nothing: the platform does not list deletions."""
        return iter(())

    def search(self, query: Query) -> Iterator[Page]:
        """Every product that matches the query, each once, by sensing time.

        :raises Unavailable: the database does not answer, or refuses the query.
        :raises SchemaChanged: the selection lacks a column, or one has the wrong type.
        """
        import psycopg
        from psycopg.rows import dict_row

        polygons: list[Polygon | None] = [None] if query.area is None else [*cover(query.area)]
        seen, aside = Seen(), SetAside()
        try:
            with psycopg.connect(self._url, row_factory=dict_row, **LIMITS) as connection:
                for polygon in polygons:
                    for page in self._pages(connection, query, polygon, aside):
                        yield seen.fresh(page)
            if aside.odd:
                yield seen.fresh(aside.page(self.platform, query.kinds, query.start))
        except (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedFunction) as error:
            raise SchemaChanged(
                str(error).partition("\n")[0], subject=self.platform, hint="check catalogue_sql"
            ) from error
        except psycopg.Error as error:
            # The message may contain the address with its password.
            reason = type(error).__name__
            raise Unavailable(f"database: {reason}", subject=self.platform) from None

    def _pages(
        self,
        connection: psycopg.Connection[dict[str, Any]],
        query: Query,
        polygon: Polygon | None,
        aside: SetAside,
    ) -> Iterator[Page]:
        from psycopg import sql

        values = {
            "start": query.start,
            "end": query.end,
            "area": None if polygon is None else shapely.to_wkb(polygon),
        }
        # The setting holds SQL by intention: a table, a view or a join.
        statement = sql.SQL(sql_of("catalogue/sobloo_products")).format(sql.SQL(self._selection))
        with connection.cursor(name="cbm_catalogue") as cursor:
            cursor.itersize = _PAGE
            cursor.execute(statement, values)
            while rows := cursor.fetchmany(_PAGE):
                yield self._page(rows, query.kinds, aside)

    def _page(self, rows: list[dict[str, Any]], kinds: tuple[Kind, ...], aside: SetAside) -> Page:
        page = Page()
        nodes = [Node(row, f"row[{index}]") for index, row in enumerate(rows)]
        entries = read_each(nodes, lambda node: raw_entry.read(_listed(node), self.platform, kinds))
        aside.note(entries)
        for entry in entries:
            if isinstance(entry, Scene):
                page.scenes.append(entry)
            elif isinstance(entry, Quarantined):
                page.quarantined.append(entry)
            elif isinstance(entry, Skipped):
                page.skipped.append(entry)
        return page


def _listed(row: Node) -> Listed:
    name = stem(row.get("name").name())
    product_type = row.get("product_type").text()
    outline = row.get("outline").optional(bytes)
    published = row.get("published").value
    start, end = row.get("start").value, row.get("end").value
    for moment, column in ((start, "start"), (end, "end"), (published, "published")):
        aware = getattr(moment, "tzinfo", None) is not None
        if not aware and (moment is not None or column != "published"):
            raise row.get(column).changed("no timestamptz")
    return Listed(
        product_id=str(row.get("product_id").value),
        name=name,
        kind=raw_entry.kind_of(name, product_type),
        product_type=product_type,
        start=start,
        end=end,
        published=published,
        abs_orbit=row.get("abs_orbit").counted(INTEGER),
        rel_orbit=row.get("rel_orbit").counted(SMALLINT),
        direction=row.get("direction").text(),
        geometry=None if outline is None else shapely.from_wkb(outline),
        location=row.get("location").text(),
        size=row.get("size").counted(BIGINT),
    )
