"""Statistics of the window's season: blocks of noise, a few patterns copied to all of them.

The tables are not written to the log, which would take as long again; reading them is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from dias_cbm.db.connection import Connection, connect
from dias_cbm.seasons import Season

_TEMPORARY = """
create unlogged table pattern (
    card text, size integer, number integer, count real[], mean real[], std real[], min real[],
    max real[], p25 real[], p50 real[], p75 real[], n smallint[]
)
"""
_EXTERNAL = "alter table pattern " + ", ".join(
    f"alter {name} set storage external"
    for name in ("count", "mean", "std", "min", "max", "p25", "p50", "p75", "n")
)
# Gamma0 of 0.1 or reflectance of 0.05 to 0.4; one value in fifty is missing.
_PATTERNS = """
insert into pattern
select
    one.card, one.size, one.number, made.count, made.mean, made.std, made.low, made.high, made.p25,
    made.mean, made.p75, made.n
from (
    select card, size, number
    from unnest(array['bs', 's2']) as card
    cross join (
        select distinct parcels as size from parcel_block where season = %(season)s
    ) as block
    cross join generate_series(0, 7) as number
) as one
cross join lateral (
    select
        array_agg(case when mean = 'NaN' then 0 else 10 + floor(390 * chance) end::real) as count,
        array_agg(mean::real) as mean, array_agg((mean * 0.2)::real) as std,
        array_agg((mean * 0.4)::real) as low, array_agg((mean * 1.9)::real) as high,
        array_agg((mean * 0.9)::real) as p25, array_agg((mean * 1.1)::real) as p75,
        array_agg(case when mean = 'NaN' then 0 else 1 end::smallint) as n
    from (
        select
            random() as chance,
            case
                when random() < 0.02 then 'NaN'
                when one.card = 'bs' then exp(-2.3 + random() - 0.5)
                else 0.05 + 0.35 * random()
            end::double precision as mean
        from generate_series(1, one.size)
    ) as parcel
) as made
"""
# Of a radar pass that has two slices, a block has the records of the one that its middle is in.
_SIGNATURES = """
insert into signature_block
select
    block.season, scene.card, scene.id, block.blk, band, 'centre', pattern.count, pattern.mean,
    pattern.std, pattern.min, pattern.max, pattern.p25, pattern.p50, pattern.p75
from (
    select * from dias_catalogue where card = %(card)s and status = 'extracted' order by obstime
) as scene
join parcel_block as block
    on block.season = %(season)s and st_intersects(st_centroid(block.extent), scene.footprint)
    and (scene.tile is null or scene.tile = block.tile)
cross join unnest(%(bands)s::text[]) with ordinality as each (band, place)
join pattern
    on pattern.card = scene.card and pattern.size = block.parcels
    and pattern.number = (scene.id * 5 + block.blk + place) %% 8
"""
_HISTOGRAMS = """
insert into histogram_block
select block.season, scene.id, block.blk, class, pattern.count
from dias_catalogue as scene
join parcel_block as block
    on block.season = %(season)s and scene.tile = block.tile
cross join unnest(array[4, 5, 9]) with ordinality as each (class, place)
join pattern
    on pattern.card = 's2' and pattern.size = block.parcels
    and pattern.number = (scene.id * 5 + block.blk + place) %% 8
where scene.card = 's2' and scene.status = 'extracted'
"""
_MEANS = """
insert into five_day_mean_block
select block.season, looks.card, period, block.blk, band, direction, pattern.mean, pattern.n
from (
    select
        card, ((obstime at time zone 'UTC')::date - %(epoch)s) / %(step)s as period,
        case when card = 's2' then array['*'] else array['A', 'D', '*'] end as directions
    from dias_catalogue
    where card = %(card)s and status = 'extracted'
    group by 1, 2
) as looks
join parcel_block as block on block.season = %(season)s
cross join unnest(%(bands)s::text[]) with ordinality as each (band, place)
cross join lateral unnest(looks.directions) as direction
join pattern
    on pattern.card = looks.card and pattern.size = block.parcels
    and pattern.number = (looks.period * 3 + block.blk + place + ascii(direction)) %% 8
"""
_BANDS = {"bs": ["VV", "VH"], "s2": ["B02", "B03", "B04", "B08", "B11", "B12"]}


def fill(
    connection: Connection, url: str, season: Season, cards: Sequence[str] = ("bs", "s2")
) -> None:
    """Fill the tables of signatures, classes and means; commits.

    :param url: of the database: all cards are written at the same time.
    """
    for statement in (_TEMPORARY, _EXTERNAL, _PATTERNS):
        connection.execute(statement, {"season": season.id})
    for leaf in _leaves(connection, season):
        connection.execute(f"alter table {leaf} set unlogged")
        # It would read all of it once while pages are measured.
        connection.execute(
            f"alter table {leaf} set (autovacuum_enabled = off, toast.autovacuum_enabled = off)"
        )
    connection.commit()
    with ThreadPoolExecutor(len(cards)) as pool:
        list(pool.map(lambda card: _of_card(url, season, card), cards))
    connection.execute("drop table pattern")
    connection.commit()


def _of_card(url: str, season: Season, card: str) -> None:
    values = {
        "season": season.id, "card": card, "bands": _BANDS[card], "epoch": season.epoch,
        "step": season.step_days,
    }  # fmt: skip
    with connect(url) as connection:
        connection.execute(_SIGNATURES, values)
        connection.execute(_MEANS, values)
        if card == "s2":
            connection.execute(_HISTOGRAMS, values)


def _leaves(connection: Connection, season: Season) -> list[str]:
    rows = connection.execute(
        "select relname from pg_class where relkind = 'r' and relname = any(%s)",
        (
            [
                f"{table}_{season.id}{card}"
                for table in ("signature_block", "five_day_mean_block", "histogram_block")
                for card in ("", "_bs", "_s2")
            ],
        ),
    )
    return [row.relname for row in rows]
