-- The decision that a request of a user has brought already.
select id, pid, finding, true_crop, note, photo, withdraws
from decision
where season = %(season)s and user_id = %(user_id)s and request = %(request)s
