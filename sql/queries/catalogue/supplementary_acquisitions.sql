-- Level-1 acquisitions of a span of time, those in force first.
select
    reference, kind, sensor, obstime, endtime, rel_orbit, abs_orbit, direction, datatake, slice,
    timeliness, st_asbinary(footprint) as footprint
from dias_catalogue
where kind in ('S1_GRD', 'S1_SLC')
    and obstime >= %(start)s and obstime < %(end)s
    and footprint is not null
order by status = 'superseded', platform = %(platform)s desc, id
