-- Records the marker of a folder at its first use; the first one stays.
insert into shared_folder (name, marker, marked_by)
values (%(name)s, %(marker)s, %(by)s)
on conflict (name) do nothing
