-- A digest that could not be sent is free again.
delete from digest
where season = %(season)s and news = %(news)s and state = 'sending'
