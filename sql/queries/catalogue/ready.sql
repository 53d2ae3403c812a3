-- CARD products among the listed that are not at an end yet.
select id
from dias_catalogue
where id = any(%(ids)s)
    and card is not null
    and status in ('ingested', 'ordered', 'ready', 'inprogress')
order by obstime, id
