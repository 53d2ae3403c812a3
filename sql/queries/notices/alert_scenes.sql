-- Scenes that a failed task was processing.
select id, reference, card, obstime, status::text as status, cause, reason
from dias_catalogue
where id = any(%(scenes)s)
order by obstime, id
