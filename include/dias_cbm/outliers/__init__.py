"""Outliers: parcels whose signal does not confirm the declared crop."""
