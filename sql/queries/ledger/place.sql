-- The location of a product by name: of several rows one in force, the latest published first.
select platform, location, checksum
from dias_catalogue
where reference = %(name)s
    and location is not null
    and platform = coalesce(%(platform)s::text, platform)
order by superseded_by is not null, published desc nulls last
limit 1
