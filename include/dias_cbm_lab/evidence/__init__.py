"""Figures that speak for the engines."""
