"""Simulated level-1 products, to test engines where the truth has to be known.

Places are computed in a different way than in the engines: from the radar to the ground, on orbits
given by formulas, with PROJ's ellipsoid. If an engine finds them again, both are confirmed.
"""
