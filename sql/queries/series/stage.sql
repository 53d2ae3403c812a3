-- A table for the records of a file until they are put into blocks; it ends with the transaction.
create temporary table series_staged (
    blk integer, pos smallint, card smallint, band smallint, day date, direction smallint,
    observation bigint, count real, mean real, std real, min real, max real, p25 real, p50 real,
    p75 real
) on commit drop
