-- Acquisitions whose platform does not say whether they are online.
select id, reference, platform, location
from dias_catalogue
where id = any(%(ids)s)
    and online is null
    and location is not null
order by platform, id
