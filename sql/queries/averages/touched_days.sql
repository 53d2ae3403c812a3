-- Days (in UTC) of scenes and of those that they superseded, whose signatures they replace.
select distinct (obstime at time zone 'UTC')::date as day
from dias_catalogue
where card = %(card)s and (id = any(%(obsids)s) or superseded_by = any(%(obsids)s))
