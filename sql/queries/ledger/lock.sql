-- Lock a scene: whoever touches its units does this first. Rows that refer to it stay free.
select status, card
from dias_catalogue
where id = %(scene)s
for no key update
