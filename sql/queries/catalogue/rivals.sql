-- Products that could be of the same acquisition as one of the listed, including these: products of
-- the same slice or tile start within seconds. Products made here compete only among themselves.
with listed as (
    select kind, sensor, tile, obstime, platform = %(made)s as made
    from dias_catalogue
    where id = any(%(ids)s)
),
rivals as (
    select distinct rival.id
    from listed
    join dias_catalogue as rival
        on rival.kind = listed.kind
        and rival.obstime between listed.obstime - interval '2 minutes' and listed.obstime + interval '2 minutes'
        and rival.sensor = listed.sensor
        and rival.tile is not distinct from listed.tile
    where (rival.platform = %(made)s) = listed.made and rival.status <> 'superseded' and rival.footprint is not null
)
select
    id,
    platform,
    product_id,
    reference,
    kind,
    sensor,
    obstime,
    endtime,
    published,
    rel_orbit,
    datatake,
    tile,
    baseline,
    timeliness,
    status,
    st_asbinary(footprint) as footprint
from dias_catalogue
join rivals using (id)
order by id
