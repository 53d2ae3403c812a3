-- CARD products among the listed that have no end state yet.
select id
from dias_catalogue
where id = any(%(ids)s)
    and card is not null
    and status in ('ingested', 'ordered', 'ready', 'inprogress')
order by obstime, id
