-- Keep an item of a draw.
insert into quality_item
    (sample, season, bucket, pid, holding, ranking, covered, claim_area, colour, order_added)
values (
    %(sample)s, %(season)s, %(bucket)s, %(pid)s, %(holding)s, %(ranking)s, %(covered)s,
    %(claim_area)s, nullif(%(colour)s, ''), %(order_added)s
)
