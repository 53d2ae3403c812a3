-- Lock a scene, before any of its units is changed. Rows that refer to it stay free.
select status, card
from dias_catalogue
where id = %(scene)s
for no key update
