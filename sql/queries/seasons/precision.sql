-- How exactly a season keeps its statistics.
select precision from season
where id = %(season)s
