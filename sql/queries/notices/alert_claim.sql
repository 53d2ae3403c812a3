-- Claim the oldest alert that is neither sent nor set aside, nor being sent, nor tried in this round.
update alert
set claimed_at = %(now)s
where task = (
    select task
    from alert
    where sent_at is null
        and set_aside_at is null
        and task <> all(%(tried)s::text[])
        and (claimed_at is null or claimed_at <= %(now)s::timestamptz - %(lease)s::interval)
    order by created_at, task
    limit 1
    for update skip locked
)
returning task, subject, text_form as text, html_form as html
