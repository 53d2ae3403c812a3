"""Lists, rules, markers, decisions and weather of the window's season."""

from __future__ import annotations

from dias_cbm.db.connection import Connection
from dias_cbm.seasons import Season

_SCHEMES = ["meadow", "catch_crop", "fallow"]
_MARKERS = ["mowing", "tillage", "harvest", "emergence"]
_DECISIONS, _ASSIGNED = 3_000, 5_000

_RUN = """
insert into outlier_run (season, model, features, labels, report)
values (%(season)s, 'm', '[]', 'l', '{}') returning id
"""
# One in ten is an outlier.
_OUTLIERS = """
insert into outlier (
    run, season, pid, declared, predicted, probability, predicted_probability, rank, status, reason,
    observations, longest_gap_days, suspicion, wrong_at_least, plausible
)
select
    %(run)s, season, pid, crop, other, 0.5 - suspicion / 2, suspicion / 2,
    row_number() over (order by suspicion desc), status,
    case status when 'inconclusive' then 'too_few_observations' end, 200, 12, suspicion,
    case status when 'outlier' then suspicion / 2 end, array[other, crop]
from (
    select
        season, pid, crop, 'crop ' || 1 + floor(random() * 39)::integer as other,
        random() as suspicion,
        case
            when random() < 0.1 then 'outlier'
            when random() < 0.2 then 'inconclusive'
            else 'confirmed'
        end as status
    from parcel where season = %(season)s
) as judged
"""
_EXPLANATIONS = """
insert into outlier_explanation (run, season, pid, compared, sentence, method, blame)
select
    run, season, pid, predicted,
    'In June VH is lower than is typical of ' || declared || '; it fits ' || predicted || '.',
    'distance',
    '[{"card": "bs", "band": "VH", "from": "2018-05-01", "to": "2018-05-25", "blame": 3.1}]'
from outlier
where run = %(run)s and status = 'outlier'
"""
_SCHEME_RUN = """
insert into scheme_run (season, file_name, file_hash, file, inputs_hash, code)
values (%(season)s, 'rules.toml', 'h', '', 'i', '1') returning id
"""
# Of each scheme 0.3 % are red and 1 % yellow; it is meant for every third parcel.
_VERDICTS = """
insert into verdict_block (run, season, blk, scheme, colour, reason, sentences, marker_runs)
select
    %(run)s, %(season)s, blk, scheme,
    array_agg(colour order by pos), array_agg(0::smallint order by pos),
    string_agg(
        case colour when 1 then '' else scheme || ': what was promised was seen in part.' end,
        E'\\n' order by pos
    ),
    '{}'
from (
    select
        slot.blk, slot.pos, scheme,
        case
            when chance < 0.003 then 4 when chance < 0.013 then 3 when chance < 0.33 then 2 else 1
        end::smallint as colour
    from (select blk, pos, random() as chance from parcel_slot where season = %(season)s) as slot
    cross join unnest(%(schemes)s::text[]) as scheme
) as judged
group by blk, scheme
"""
_MARKER_RUNS = """
insert into marker_run (
    season, marker, version, parameters, inputs_hash, code, until, window_start, window_end
)
select %(season)s, marker, '1', '{}', 'i', '1', '2019-01-01', '2018-01-01', '2019-01-01'
from unnest(%(markers)s::text[]) as marker
"""
_MARKER_INPUTS = """
insert into marker_input (season, blk, hash, days, looks, missing)
select season, blk, 'h', array[17600], decode(repeat('80', parcels), 'hex'), '[]'
from parcel_block where season = %(season)s
"""
_MARKER_STATES = """
insert into marker_state_block
select
    run.id, block.season, block.blk, input.id, status.each, array_fill(0::smallint, size),
    array_fill(0.9::real, size), array_fill(0.1::real, size), array_fill(12::smallint, size),
    array_fill(40::smallint, size)
from parcel_block as block
join marker_input as input on input.season = block.season and input.blk = block.blk
join marker_run as run on run.season = block.season
cross join lateral (
    select
        array_agg(1 + floor(3 * random()))::smallint[] as each, array[max(pos)::integer] as size
    from generate_series(1, block.parcels) as pos
) as status
where block.season = %(season)s
"""
_EVENTS = """
insert into marker_event_slot
select
    run.id, slot.season, slot.blk, slot.pos, 1, run.marker, '2018-06-01', '2018-06-11',
    '2018-06-06', 0.9, null, null, '{}', '{}'
from parcel_slot as slot
join marker_run as run on run.season = slot.season
where slot.season = %(season)s and random() < 0.25
"""
_DECIDED = """
insert into decision (season, pid, run, finding, decided_by, source, declared, status, rank)
select season, pid, run, 'right', 'ida', 'window', declared, status, rank
from outlier
where run = %(run)s and status = 'outlier'
order by random()
limit %(decisions)s
"""
_TO_DO = """
insert into work_assignment (season, pid, assignee, assigned_by, user_id)
select season, pid, (array['ida', 'bo', 'per'])[1 + floor(3 * random())::integer], 'ida', '1'
from outlier
where run = %(run)s and status = 'outlier'
order by random()
limit %(assigned)s
"""
# Cells of 0.2 degrees.
_CELLS = """
insert into weather_cell (season, cell, place)
select %(season)s, lon || ' ' || lat, st_setsrid(st_makepoint(8 + lon / 5.0, 54 + lat / 5.0), 4326)
from generate_series(0, 24) as lon
cross join generate_series(0, 19) as lat
"""
_WEATHER = """
insert into weather_day (season, cell, day, tmean, tmin, tmax, precipitation)
select
    season, cell, '2018-01-01'::date + number, 9 - 9 * cos(number / 58.0),
    4 - 9 * cos(number / 58.0), 14 - 9 * cos(number / 58.0), greatest(0, 8 * random() - 5)
from weather_cell
cross join generate_series(0, 364) as number
where season = %(season)s
"""


def fill(connection: Connection, season: Season) -> int:
    """Fill the tables of lists, rules, markers and decisions; commits.

    :returns: id of the list of outliers.
    """
    run = _number(connection, _RUN, season)
    values = {
        "season": season.id, "run": run, "decisions": _DECISIONS, "assigned": _ASSIGNED,
        "markers": _MARKERS,
    }  # fmt: skip
    statements = (
        _OUTLIERS, _EXPLANATIONS, _MARKER_RUNS, _MARKER_INPUTS, _MARKER_STATES, _EVENTS, _DECIDED,
        _TO_DO, _CELLS, _WEATHER,
    )  # fmt: skip
    for statement in statements:
        connection.execute(statement, values)
    rules = _number(connection, _SCHEME_RUN, season)
    connection.execute(_VERDICTS, {"season": season.id, "run": rules, "schemes": _SCHEMES})
    connection.commit()
    return run


def _number(connection: Connection, statement: str, season: Season) -> int:
    row = connection.execute(statement, {"season": season.id}).fetchone()
    if row is None:
        raise AssertionError("these give a row")
    return int(row.id)
