-- The decision in force on each parcel of a season.
select
    id, pid, run, finding, true_crop, decided_by as by, made_at, note, source,
    declared, status, rank, ranked, swap_odds, rank_odds, area_ha
from decision_in_force
where season = %(season)s
order by pid
