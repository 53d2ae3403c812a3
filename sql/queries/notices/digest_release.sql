-- Release a digest that could not be sent.
delete from digest
where season = %(season)s and news = %(news)s and state = 'sending'
