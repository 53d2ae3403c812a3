-- Every season with stored counts: parcels, open gaps, last day closed, latest list.
select
    season.name, season.starts, season.ends,
    (select coalesce(sum(parcels), 0)::integer from parcel_block as block where block.season = season.id) as parcels,
    gaps.open as gaps_open, gaps.late as gaps_late,
    (select max(day) from observed_day as closed where closed.season = season.id) as last_day,
    (select max(made_at) from outlier_run as run where run.season = season.id) as list_made_at
from season
cross join lateral (
    select
        count(*)::integer as open,
        (count(*) filter (where state <> 'pending'))::integer as late
    from gap
    where gap.season = season.id and gap.closed_at is null
) as gaps
order by season.starts, season.name
