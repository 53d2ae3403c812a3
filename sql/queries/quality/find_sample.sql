-- The sample of the database that a folder holds a copy of.
select id
from quality_sample
where made_at = %(made_at)s
  and manifest ->> 'list_sha256' = %(list_sha256)s
  and manifest ->> 'sample_sha256' = %(sample_sha256)s
order by id
limit 1
