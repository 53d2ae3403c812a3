"""Parquet copies of a season, for DuckDB, geopandas and everything else that reads Parquet."""

from dias_cbm.export.snapshot import ExportReport, What, export

__all__ = ["ExportReport", "What", "export"]
