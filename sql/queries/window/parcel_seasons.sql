-- The seasons that have a parcel of this name, in order of time; it need not be the same ground.
select season.name, season.starts, season.ends, parcel.crop
from parcel_slot as slot
join season on season.id = slot.season
join parcel on parcel.season = slot.season and parcel.pid = slot.pid
where slot.pid = %(pid)s
order by season.starts, season.name
