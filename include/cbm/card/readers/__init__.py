"""One module per product format; :func:`cbm.card.product.open_product` chooses."""
