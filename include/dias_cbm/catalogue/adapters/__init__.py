"""Catalogue adapters, one module per protocol."""
