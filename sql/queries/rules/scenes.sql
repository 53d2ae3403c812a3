-- Scenes by their numbers: the products that show something, and what made them.
select id, reference as product, card, obstime, platform, baseline, engine
from dias_catalogue
where id = any(%(ids)s)
order by obstime, id
