"""Products: the files of a CARD product, how to open, validate, read and write them."""
