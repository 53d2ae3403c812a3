-- Let the partitions of a quantised season compress their statistics.
select compress_statistics(%(season)s::smallint)
