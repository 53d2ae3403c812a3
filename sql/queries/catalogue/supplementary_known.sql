-- Names of products that the ledger has of a platform, placed.
select reference from dias_catalogue
where platform = %(platform)s and kind = any(%(kinds)s) and reference = any(%(names)s)
    and footprint is not null
