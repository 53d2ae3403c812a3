"""Parquet copies of a season, for DuckDB, geopandas and everything else that reads Parquet."""

from cbm.export.run import ExportReport, What, export

__all__ = ["ExportReport", "What", "export"]
