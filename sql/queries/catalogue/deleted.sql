-- Ledger rows of products that their platform has deleted, locked.
select id, product_id, status, cause, published from dias_catalogue
where platform = %(platform)s and product_id = any(%(ids)s)
order by id
for update
