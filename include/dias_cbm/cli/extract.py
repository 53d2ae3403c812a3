"""``cbm extract``: parcel statistics from raster files, without a database or Airflow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from dias_cbm.cli.options import AsJson, Encoding, IdColumn, Layer, OutIfGiven
from dias_cbm.config.settings import settings
from dias_cbm.whole_file import check_place

_NAMED = 5  # features named in the summary
_NOTES = {
    "without_area": "without a polygon",
    "repaired": "repaired",
    "flagged": "flagged",
}


def extract(
    parcels: Annotated[
        Path,
        typer.Argument(
            metavar="PARCELS", help="Vector file that OGR reads, or GeoParquet; in any CRS."
        ),
    ],
    rasters: Annotated[
        list[Path],
        typer.Argument(metavar="RASTER", help="Rasters, or folders of CARD products."),
    ],
    id_column: IdColumn,
    layer: Layer = None,
    encoding: Encoding = None,
    bands: Annotated[
        str, typer.Option(help="Names of the rasters' bands in order: B02,B03,...")
    ] = "",
    nodata: Annotated[float | None, typer.Option(help="Stored value that means no data.")] = None,
    indices: Annotated[
        str, typer.Option(help="Indices to compute per pixel: NDVI,BSI,VH/VV,...")
    ] = "",
    classes: Annotated[
        str | None,
        typer.Option(
            help="Band of scene classes, such as SCL: clear pixels count, and a histogram."
        ),
    ] = None,
    rule: Annotated[
        str | None, typer.Option(help="How pixels count: by centre, or by coverage (share).")
    ] = None,
    inner_buffer_m: Annotated[
        float | None,
        typer.Option("--inner-buffer", help="Metres to shrink the parcels by.", min=0, max=10_000),
    ] = None,
    minimum_pixels: Annotated[
        int | None, typer.Option(help="Parcels with fewer pixels are flagged.", min=1)
    ] = None,
    out: OutIfGiven = None,
    as_json: AsJson = False,
) -> None:
    """Write the statistics of every parcel in every band.

    Count, mean, std, min, max and percentiles go to the .csv or .parquet file of --out, else as CSV
    to standard output. The summary goes to standard output, or to standard error if the table is
    there.

    By centre, a pixel belongs to the parcel that contains its centre; by coverage, it is weighted
    with the share that the parcel covers. There is one row per parcel and band, in the file's
    order; a parcel without pixels has count 0 and no statistics. Options that are left out are
    taken from the settings.

    With --classes, only pixels of the classes in `extraction.clear_classes` count, as in the
    ledger's signatures. The class band itself has a row with its pixels per class, as JSON in a
    column `hist`, by centre on its own grid; its count leaves out class 0, no data.
    """
    from dias_cbm.extraction.indices import parse_indices
    from dias_cbm.extraction.rule import parse_rule
    from dias_cbm.extraction.table import check_suffix, extract_table, write_csv, write_file

    if out is not None:
        check_suffix(out)
        check_place(out)
    limits = settings().extraction
    result = extract_table(
        parcels,
        rasters,
        id_column=id_column,
        layer=layer,
        encoding=encoding,
        bands=_names(bands),
        nodata=nodata,
        indices=parse_indices(_names(indices)),
        rule=parse_rule(limits.pixel_rule if rule is None else rule),
        inner_buffer_m=limits.inner_buffer_m if inner_buffer_m is None else inner_buffer_m,
        minimum_pixels=limits.minimum_pixels if minimum_pixels is None else minimum_pixels,
        classes=classes,
        clear=limits.clear_classes,
    )
    if out is None:
        write_csv(result.table, typer.get_binary_stream("stdout"))
    else:
        write_file(result.table, out)
    summary = {
        "parcels": result.parcels,
        "bands": result.bands,
        "records": result.records,
        "empty": result.empty,
        "without_area": result.without_area,
        "repaired": result.repaired,
        "flagged": result.flagged,
        "null_ids": len(result.null_ids),
        "repeated_ids": len(result.repeated_ids),
        "seconds": round(result.seconds, 3),
        "records_per_second": round(result.records / result.seconds),
    }
    if as_json:
        text = json.dumps(summary)
    else:
        text = _text(summary) + _without_id(result.null_ids) + _repeated(result.repeated_ids)
    typer.echo(text, err=out is None)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _text(summary: dict[str, object]) -> str:
    text = (
        "{parcels} parcels, {records} records in {seconds} s ({records_per_second} a second);"
        " {empty} parcels without pixels".format(**summary)
    )
    for key, words in _NOTES.items():
        if summary[key]:
            text += f"; {summary[key]} {words}"
    return text


def _without_id(features: list[int]) -> str:
    if not features:
        return ""
    more = ", ..." if len(features) > _NAMED else ""
    named = ", ".join(map(str, features[:_NAMED]))
    return f"; {len(features)} without an identifier (features {named}{more}, from 0)"


def _repeated(pids: list[str]) -> str:
    if not pids:
        return ""
    more = ", ..." if len(pids) > _NAMED else ""
    return f"; {len(pids)} identifiers of several features ({', '.join(pids[:_NAMED])}{more})"
