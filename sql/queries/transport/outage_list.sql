-- Services that do not answer, and how many products wait for each.
select
    pause.platform, pause.service, pause.since, pause.until, pause.tries, pause.said as error,
    (
        select count(*) from dias_catalogue as scene
        where scene.platform = pause.platform
            and pause.service = 'store'
            and scene.status in ('ingested', 'ordered', 'ready', 'inprogress')
            and scene.cause = 'paused'
    ) as waiting
from platform_pause as pause
order by pause.platform, pause.service
