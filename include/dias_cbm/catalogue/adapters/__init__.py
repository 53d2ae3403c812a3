"""One module per protocol that catalogues speak."""
