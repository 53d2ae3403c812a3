-- Losers, among the listed and what they lost to, whose winner is unavailable: it was deleted, is
-- corrupt or known to be bad, or has failed too often; or is there on another platform.
select loser.id, winner.id as winner, winner.cause, winner.reason
from dias_catalogue as loser
join dias_catalogue as winner on winner.id = loser.superseded_by
where (loser.id = any(%(ids)s) or winner.id = any(%(ids)s))
    and winner.status = 'failed'
    and (
        winner.cause in ('deleted', 'corrupt', 'known_bad')
        or winner.attempts >= %(max_attempts)s
        or (loser.reference = winner.reference and loser.platform <> winner.platform)
    )
order by loser.id
for no key update of loser
