-- Scenes, and whether their products are still to be located or made.
select id, platform, status in ('ingested', 'ordered', 'failed') as open
from dias_catalogue
where id = any(%(scenes)s)
