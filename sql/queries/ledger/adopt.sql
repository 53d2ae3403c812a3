-- Give a row found in the store the id of the catalogue entry that now lists its product.
update dias_catalogue
set product_id = %(product_id)s
where platform = %(platform)s
    and kind = %(kind)s
    and reference = %(reference)s
    and product_id like 'found:%%'
