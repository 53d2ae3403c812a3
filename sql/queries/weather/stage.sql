-- A table for the rows of a file until they are checked; it ends with the transaction.
create temporary table weather_staged (
    number integer, day date, tmean real, tmin real, tmax real, precipitation real
) on commit drop
