-- Whether a season's list is to be computed again. Signatures count as new for two hours longer,
-- until their means are certain to be there; an hour less than a day keeps a daily clock from
-- missing it.
with latest as (
    select
        (select max(finished_at) from extraction where season = %(season)s) as extracted_at,
        (select max(made_at) from outlier_run where season = %(season)s) as listed_at
)

select
    extracted_at is not null
    and (
        listed_at is null
        or (
            extracted_at > listed_at - interval '2 hours'
            and listed_at < now() - interval '23 hours'
        )
    ) as due
from latest
