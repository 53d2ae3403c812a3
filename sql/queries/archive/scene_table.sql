-- A place for the ids of a season's scenes, for as long as the transaction lasts.
create temporary table season_scene (id integer) on commit drop
