"""Markers: what happened or holds on a parcel, seen, not seen and how surely, or not answered."""
