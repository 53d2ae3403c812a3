-- The declared crops of a season with their parcels.
select crop, count(*) as parcels
from parcel
where season = %(season)s and crop is not null and crop <> ''
group by crop
order by crop
