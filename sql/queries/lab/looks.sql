-- Scenes with records of some parcels, by card.
select
    pid,
    card,
    count(distinct obsid) as scenes
from signatures
where season = %(season)s and pid = any(%(pids)s)
group by pid, card
