-- The crops of a season, the most frequent first.
select coalesce(crop, '') as crop, count(*) as parcels
from parcel
where season = %(season)s
group by crop
order by count(*) desc, crop
