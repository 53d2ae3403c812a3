-- Lock two scenes, in the order of their ids.
select id, superseded_by
from dias_catalogue
where id = any(%(ids)s)
order by id
for no key update
