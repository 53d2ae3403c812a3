-- Names of a platform's products that the ledger has with a footprint.
select reference from dias_catalogue
where platform = %(platform)s and kind = any(%(kinds)s) and reference = any(%(names)s)
    and footprint is not null
