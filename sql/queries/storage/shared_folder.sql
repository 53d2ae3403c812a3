-- The marker of a folder that all machines share.
select marker from shared_folder
where name = %(name)s
