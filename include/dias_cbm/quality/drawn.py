"""A draw with all it was made from, as texts that prove it: list, settings and hashes.

Whoever reads a draw repeats it: the list must have the hash that was written down, and give the
same sample again.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from dias_cbm import __version__
from dias_cbm.errors import SampleError
from dias_cbm.quality import ranked_list
from dias_cbm.quality.draw import Covered, Item, Options, Sample, draw
from dias_cbm.quality.ranked_list import RANKING, REQUIRED, RankedList, Row

SAMPLE_COLUMNS = ("bucket_id", "gsa_par_id", "gsa_hol_id", "ranking", "covered", "order_added")
PARCEL_COLUMNS = ("gsa_par_id", "gsa_hol_id", "ranking", "covered", "buckets", "bucket_count")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample, its list and its settings.

    :param seed: that ranked the list; None if the list came with its ranking.
    :param season: name of the season that the list was made from; None for a list from a file.
    :param holding_level: groups whose interventions concern the whole holding.
    """

    ranked: RankedList
    targets: Mapping[str, int]
    options: Options
    sample: Sample
    made_at: datetime
    seed: int | None = None
    season: str | None = None
    holding_level: Sequence[str] = ()

    @property
    def lots(self) -> dict[str, int]:
        """Rows per group that could be drawn: all, or the covered ones alone."""
        only = self.options.covered is Covered.ONLY
        lots = dict.fromkeys(self.targets, 0)
        for row in self.ranked.rows:
            lots[row.group] += row.covered or not only
        return lots

    def manifest(self) -> dict[str, Any]:
        """Settings and hashes, ready for JSON."""
        lots, buckets = self.lots, self.sample.buckets
        return {
            "made_by": f"dias-cbm {__version__}",
            "made_at": self.made_at.isoformat(),
            "season": self.season,
            "seed": self.seed,
            "list_sha256": self.ranked.sha256(),
            "sample_sha256": sha256(sample_csv(self.sample)),
            "options": asdict(self.options),
            "holding_level": list(self.holding_level),
            "holdings": self.ranked.holdings,
            "most_holdings": self.sample.limit,
            "buckets": [
                {
                    "group": group,
                    "rows": lots[group],
                    "target": target,
                    "drawn": len(buckets[group]),
                }
                for group, target in self.targets.items()
            ],
        }


def make(
    ranked: RankedList,
    targets: Mapping[str, int],
    options: Options,
    made_at: datetime,
    *,
    seed: int | None = None,
    season: str | None = None,
    holding_level: Iterable[str] = (),
) -> Drawn:
    """Draw a sample, and keep what it was made from.

    :raises SampleError: the targets, or the holding-level groups, are not groups of the list.
    """
    for group in (holding_level := tuple(holding_level)):
        if group not in targets:
            raise SampleError("the list has no such group", subject=group)
    sample = draw(ranked, targets, options)
    return Drawn(ranked, dict(targets), options, sample, made_at, seed, season, holding_level)


def read(manifest: Mapping[str, Any], listed: str, name: str) -> Drawn:
    """Repeat a draw from its manifest and its list, and prove that nothing has changed.

    :param listed: text of the list.
    :param name: for messages.
    :raises SampleError: the list is not the one that was drawn from, or the sample differs.
    """
    try:
        options = manifest["options"]
        targets = {one["group"]: int(one["target"]) for one in manifest["buckets"]}
        chosen = Options(
            bool(options["limit_holdings"]),
            Covered(options["covered"]),
            bool(options["keep_first"]),
        )
        kept = str(manifest["list_sha256"]), str(manifest["sample_sha256"])
        made_at = datetime.fromisoformat(manifest["made_at"])
    except (KeyError, TypeError, ValueError) as error:
        raise SampleError(f"its manifest is not complete: {error}", subject=name) from error
    if sha256(listed) != kept[0]:
        raise SampleError(
            f"the list has changed since the draw: its SHA-256 is {sha256(listed)}, not {kept[0]}",
            subject=name,
        )
    made = make(
        ranked_list.parse(listed, name),
        targets,
        chosen,
        made_at,
        seed=manifest["seed"],
        season=manifest["season"],
        holding_level=manifest["holding_level"],
    )
    if sha256(sample_csv(made.sample)) != kept[1]:
        raise SampleError("the list gives another sample than the one kept", subject=name)
    if made.seed is not None and ranked_list.rank(made.ranked, made.seed).text() != listed:
        raise SampleError(f"the ranking is not the one of seed {made.seed}", subject=name)
    return made


def sha256(text: str) -> str:
    """SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def sample_csv(sample: Sample) -> str:
    """The sample as QUASSA writes ``*_extracted_sample.csv``."""
    return _csv(SAMPLE_COLUMNS, map(_sample_cells, sample.items))


def _sample_cells(one: Item) -> tuple[str | int, ...]:
    parcel, holding, group, covered, ranking = ranked_list.cells(one.row)
    return group, parcel, holding, ranking, covered, one.order


def parcels_csv(sample: Sample) -> str:
    """The sample by parcel, as QUASSA writes ``*_parcel_centric.csv``."""
    groups: dict[str, set[str]] = {}
    rows = {one.row.parcel: one.row for one in sample.items}
    for one in sample.items:
        groups.setdefault(one.row.parcel, set()).add(one.row.group)
    return _csv(PARCEL_COLUMNS, (_parcel_cells(rows[key], names) for key, names in groups.items()))


def _parcel_cells(row: Row, groups: set[str]) -> tuple[str | int, ...]:
    parcel, holding, _, covered, ranking = ranked_list.cells(row)
    named = ",".join(f"[{group}]" for group in sorted(groups))
    return parcel, holding, ranking, covered, named, len(groups)


def holdings_csv(drawn: Drawn) -> str:
    """Rows of holding-level groups, of every holding drawn for one (``*_HL_interventions.csv``).

    Such an intervention is judged on the whole holding, so all its rows are listed; ``selected``
    tells those of the sample.
    """
    wanted = set(drawn.holding_level)
    selected = {(one.row.group, one.row.parcel) for one in drawn.sample.items}
    holdings = {one.row.holding for one in drawn.sample.items if one.row.group in wanted}
    only = drawn.options.covered is Covered.ONLY
    return _csv(
        (*REQUIRED, RANKING, "selected"),
        (
            (*ranked_list.cells(row), int((row.group, row.parcel) in selected))
            for row in drawn.ranked.rows
            if row.holding in holdings and row.group in wanted and (row.covered or not only)
        ),
    )


def summary(drawn: Drawn) -> str:
    """Settings, hashes and counts, for people."""
    manifest, items = drawn.manifest(), drawn.sample.items
    told = {
        Covered.IGNORED: "all parcels alike",
        Covered.FIRST: "covered parcels first",
        Covered.ONLY: "covered parcels only",
    }
    limit = drawn.sample.limit
    lines = [
        f"Quality sample, {manifest['made_by']}, {manifest['made_at']}",
        f"list: {len(drawn.ranked.rows)} rows, {drawn.ranked.holdings} holdings,"
        f" SHA-256 {manifest['list_sha256']}",
        f"ranking: {'as in the list' if drawn.seed is None else f'seed {drawn.seed}'}",
        f"limit of holdings: {'none' if limit is None else f'3 %, {limit} holdings'}",
        f"imagery: {told[drawn.options.covered]}",
        "highest-ranked row of each holding: "
        + ("kept" if drawn.options.keep_first else "leaves with its bucket"),
        f"holding-level groups: {', '.join(drawn.holding_level) or 'none'}",
        "",
        "group  drawn  target  rows  share",
    ]
    for one in manifest["buckets"]:
        share = one["drawn"] / one["rows"] if one["rows"] else 0.0
        lines.append(f"{one['group']}  {one['drawn']}  {one['target']}  {one['rows']}  {share:.2%}")
    covered = sum(one.row.covered for one in items)
    lines += [
        "",
        f"sample: {len(items)} rows, {len({one.row.parcel for one in items})} parcels,"
        f" {len({one.row.holding for one in items})} holdings",
        f"rows covered by imagery: {covered}; not covered: {len(items) - covered}",
        f"SHA-256 of the sample: {manifest['sample_sha256']}",
    ]
    return "\n".join(lines) + "\n"


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return stream.getvalue()
