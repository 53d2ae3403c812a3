"""Load the parcels of a season from a file.

## What it does

Loads the declared parcels (LPIS, GSA) of a season from any file that OGR reads, in any CRS, all or
nothing. Reports how many were loaded, repaired, duplicates, without geometry, smaller than a pixel
or outside the area. Every rejected feature has a row in `parcel_rejected`.

## Upstream

None; it is started by hand, once per season.

## Downstream

`cbm_bs`, `cbm_c6`, `cbm_c12` and `cbm_s2`, which extract these parcels, and all that follows them.

## Params

- `file`: path of the file, as the worker sees it.
- `season`: name of the season, e.g. `dk-2018`; a new one is created over the parcels' extent.
- `id_column`, `crop_column`: columns of the parcel's identifier (several with commas between) and
  of its declared crop.
- `layer`: layer of the file; empty if it has only one.
- `crs`: CRS of the file if it does not state one, e.g. `EPSG:25832`.
- `encoding`: encoding of the file's text, if it is not in UTF-8 or as declared, e.g. `cp1252`.
- `max_rejected`: percentage of rejected features above which nothing is loaded; those outside the
  area do not count.
- `replace`: replace the season's parcels and delete everything derived from the old ones.

## When it fails

Nothing was loaded. The mail and the log say what is wrong with the file or the Params; the task is
not retried for that. Correct it and start a new run. `cbm parcels load` does the same from a shell.
"""

from __future__ import annotations

from airflow.sdk import Param, dag

from dias_cbm_airflow.operators import defaults
from dias_cbm_airflow.operators.names import Tag, tags
from dias_cbm_airflow.operators.tasks.load_parcels import load_parcels


@dag(
    dag_id="cbm_parcels",
    description="Load the declared parcels of a season",
    doc_md=__doc__,
    schedule=None,
    params={
        "file": Param(type="string", minLength=1, description="Path, as the worker sees it."),
        "season": Param(type="string", minLength=1, description="Name of the season."),
        "id_column": Param(type="string", minLength=1, description="Column of the identifier."),
        "crop_column": Param(type="string", minLength=1, description="Column of the crop."),
        "layer": Param(None, type=["null", "string"], description="Layer, if there are several."),
        "crs": Param(
            None, type=["null", "string"], description="CRS, if the file does not state one."
        ),
        "encoding": Param(
            None, type=["null", "string"], description="Encoding of text, if not as declared."
        ),
        "max_rejected": Param(
            5.0,
            type="number",
            minimum=0,
            maximum=100,
            description="Percentage of rejected features above which nothing is loaded.",
        ),
        "replace": Param(False, type="boolean", description="Replace the season's parcels."),
    },
    max_active_runs=1,
    tags=tags(Tag.PARCELS),
    **defaults.DAG,
)
def cbm_parcels() -> None:
    """Wire the task."""
    load_parcels()


cbm_parcels()
