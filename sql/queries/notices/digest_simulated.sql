-- Whether a platform of simulated data has scenes within a window.
select exists (
    select from dias_catalogue
    where platform = any(%(platforms)s::text[]) and obstime >= %(start)s and obstime < %(end)s
) as simulated
