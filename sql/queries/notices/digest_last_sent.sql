-- When the last digest of a season was sent; null before the first.
select max(sent_at) as at
from digest
where season = %(season)s
