"""Simulated Level-1 products: what engines are tried on where the truth has to be known.

Places are found here by other ways than an engine's: from the radar to the ground, on orbits that
are formulas, with PROJ's ellipsoid. That an engine finds them again is a check of both.
"""
