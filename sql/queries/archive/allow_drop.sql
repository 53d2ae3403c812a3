-- Allow the removal of a season's decisions until the transaction ends.
select set_config('cbm.dropped_season', %(season)s::text, true)
