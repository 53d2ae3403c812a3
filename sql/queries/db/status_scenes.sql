-- Scenes by card and status; level-1 acquisitions have no card.
select card, status::text as status, count(*) as scenes
from dias_catalogue
group by card, dias_catalogue.status
order by card, dias_catalogue.status
