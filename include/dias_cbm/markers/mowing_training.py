"""Training of the model of mowing on a season's parcels whose cuts are dated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import MarkerError
from dias_cbm.markers import mowing_labels, options, reading
from dias_cbm.markers.marker import Needs, Window
from dias_cbm.markers.mowing import MOWING, seen
from dias_cbm.markers.mowing_features import BANDS
from dias_cbm.markers.mowing_model import MowingModel, Sample
from dias_cbm.markers.mowing_rule import MowingOptions
from dias_cbm.markers.series import day_number
from dias_cbm.seasons import Season

#: What the model reads besides the bands.
NEEDS = Needs(optical=frozenset([*BANDS, "NDVI", "NDMI"]))


@dataclass(frozen=True, slots=True)
class Trained:
    """What a model was trained on.

    :param parcels: with labels.
    :param answered: of these, with enough looks to learn from.
    :param cuts: that are dated.
    :param labels: of these, with a look after the cut.
    """

    file: Path
    parcels: int
    answered: int
    cuts: int
    labels: int


def train(connection: Connection, season: Season, labels: Path, out: Path) -> Trained:
    """Train a model on the labels of a file and write it.

    :raises MarkerError: the labels are faulty, name unknown parcels, or are too few; nothing is
        written.
    """
    dated = mowing_labels.read(labels, season.starts, season.ends)
    values = {"season": season.id, "pids": sorted(dated)}
    rows = connection.execute(query("markers/labelled"), values).fetchall()
    unknown = sorted(dated.keys() - {pid for row in rows for pid in row.pids})
    if unknown:
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        raise MarkerError(
            f"names a parcel that {season.name} does not have: {unknown[0]}{more}", subject=labels
        )
    given = options.of(MOWING, options.read(settings().markers.options_file))
    chosen = MowingOptions.of(given)
    window = Window(day_number(season.starts), day_number(season.ends) + 1)
    samples, answered = [], 0
    for block in reading.blocks(
        connection,
        season,
        [row.blk for row in rows],
        NEEDS,
        clear_classes=settings().extraction.clear_classes,
        median=settings().markers.statistic == "p50",
    ):
        series = block.series
        known = np.array([pid in dated for pid in series.pids])
        _, found = seen(series, window, given, chosen)
        looks = found.looks.of_parcels(known)
        cuts = [dated.get(pid, []) for pid in series.pids]
        samples.append(Sample.of(looks, series.optical.values, cuts, chosen))
        answered += len(np.unique(looks.parcel))
    if not samples:
        raise MarkerError("names no parcels", subject=labels, hint="columns pid, date")
    model = MowingModel.train(Sample.concat(samples))
    model.save(out)
    return Trained(out, len(dated), answered, sum(map(len, dated.values())), model.labels)
