-- What was found in the store is listed by the catalogue now: its row gets the catalogue's id.
update dias_catalogue
set product_id = %(product_id)s
where platform = %(platform)s
    and kind = %(kind)s
    and reference = %(reference)s
    and product_id like 'found:%%'
