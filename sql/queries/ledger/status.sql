-- The state of a scene.
select status
from dias_catalogue
where id = %(scene)s
