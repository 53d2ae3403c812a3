-- What the colours of a season's map depend on: loads, runs, decisions and open gaps; the last two
-- only where they are asked for, since every tile asks.
select
    (select version::text from parcel_load where season = one.id order by id desc limit 1) as parcels,
    (select max(id) from outlier_run where season = one.id) as outlier_run,
    -- A decision may be committed after one with a higher id.
    case when %(decisions)s then
        (select max(id) || '.' || count(*) from decision where season = one.id)
    end as decision,
    (select max(id) from scheme_run where season = one.id) as scheme_run,
    (
        select string_agg(latest.marker || '=' || latest.run, ' ' order by latest.marker)
        from (select marker, max(id) as run from marker_run where season = one.id group by marker) as latest
    ) as markers,
    case when %(gaps)s then (
        select count(*) || '.' || coalesce(sum(hash_array_extended(coalesce(gap.blocks, '{}'), gap.id)), 0)
        from gap
        where gap.season = one.id and gap.closed_at is null
    ) end as gaps
from season as one
where one.id = %(season)s
