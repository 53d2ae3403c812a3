-- Remove the table of a file's records.
drop table series_staged
