-- The state that a scene is in.
select status
from dias_catalogue
where id = %(scene)s
