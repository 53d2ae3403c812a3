-- The declared crops of a season, the most frequent first.
select crop, count(*)::integer as parcels
from parcel
where season = %(season)s and crop is not null
group by crop
order by parcels desc, crop
