-- Scenes with records of one parcel, by card.
select
    card,
    count(distinct obsid) as scenes
from signatures
where season = %(season)s and pid = %(pid)s
group by card
