-- Claim a digest for one sender: not while another sends it, not twice, not old news.
insert into digest (season, news, state, claimed_at, subject, items)
select %(season)s, %(news)s, 'sending', %(now)s, %(subject)s, %(items)s::text[]
where not exists (
    select from digest as other
    where other.season = %(season)s
        and (
            (other.state = 'sending' and other.claimed_at > %(now)s::timestamptz - %(lease)s::interval)
            or (other.state = 'sent' and (other.news = %(news)s or other.items && %(items)s::text[]))
        )
)
on conflict (season, news) do update
set state = 'sending', claimed_at = excluded.claimed_at, subject = excluded.subject
returning news
