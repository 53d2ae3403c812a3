-- Put a crop into a group.
insert into crop_group (season, crop, name, hcat, source)
values (%(season)s, %(crop)s, %(name)s, %(hcat)s, %(source)s)
