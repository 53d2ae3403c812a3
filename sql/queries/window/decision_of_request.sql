-- The decision that a request of a user has brought already.
select id, pid, run, finding, true_crop, made_at, note, photo, withdraws
from decision
where season = %(season)s and user_id = %(user_id)s and request = %(request)s
