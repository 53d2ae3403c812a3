"""One module per product format; :func:`dias_cbm.products.open.open_product` chooses."""
