"""Catalogues of the platforms as they answered, for tests: written by hand from what is known.

Nothing here comes from the library or from its test bench: an adapter and what judges it share no
code. Each module says what its platform documents or what was recorded of it.
"""
