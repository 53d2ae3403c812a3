-- Let the winner supersede the loser, and all that the loser had superseded.
update dias_catalogue
set status = 'superseded', superseded_by = %(winner)s, cause = null, reason = %(reason)s,
    changed_at = now()
where id = %(loser)s or superseded_by = %(loser)s
