-- The folder in which the database keeps its data; not every user may read it.
show data_directory
