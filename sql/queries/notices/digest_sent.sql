-- Record that the mail server has accepted a digest.
update digest
set state = 'sent', sent_at = %(now)s
where season = %(season)s and news = %(news)s and state = 'sending'
