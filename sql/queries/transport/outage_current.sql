-- The pause of a service that does not answer and must not be asked yet.
select platform, service, since, until, tries, said as error
from platform_pause
where platform = %(platform)s and service = %(service)s and until > %(now)s
