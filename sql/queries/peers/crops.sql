-- The group of a crop and the crops in it: the season's own rows before the agency's.
with named as (
    select distinct on (crop) crop, name
    from crop_group
    where season = %(season)s or season is null
    order by crop, season nulls last
)

select alike.crop, alike.name
from named as own
join named as alike on alike.name = own.name
where own.crop = %(crop)s
order by alike.crop
