-- The decisions in force of a season, as the work list shows them.
select id, pid, finding, true_crop, declared, decided_by, made_at
from decision_in_force
where season = %(season)s
