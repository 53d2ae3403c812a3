"""CARD products: reading, checking and (through engines) making them."""
