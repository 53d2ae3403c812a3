-- Record that a service answers.
delete from platform_pause
where platform = %(platform)s and service = %(service)s
