-- Remove the crop groups of a season, or those of the agency.
delete from crop_group where season is not distinct from %(season)s::smallint
