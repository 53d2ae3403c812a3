-- The folder in which the database keeps its data; not for everybody to know.
show data_directory
