"""JRC's query API, so that existing notebooks run unchanged.

Its calls and columns are those of https://github.com/ec-jrc/cbm (docs/api_ts.md, docs/api_cog.md,
and the client ``cbm`` 0.0.18). An answer is an object of columns; what is not found has empty ones.
"""
