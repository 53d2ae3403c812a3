-- Remove the table of a file's rows.
drop table weather_staged
