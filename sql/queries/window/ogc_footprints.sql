-- Footprints of scenes; those without one are left out.
select id, st_asbinary(footprint) as footprint
from dias_catalogue
where id = any(%(scenes)s::integer[]) and footprint is not null
