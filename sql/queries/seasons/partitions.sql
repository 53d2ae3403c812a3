-- The partitions that hold a season's signatures and means.
select create_season_partitions(%(season)s::smallint)
