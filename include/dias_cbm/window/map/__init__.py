"""The map's data: where parcels are, in which class each is, and tiles of them.

A colouring gives each parcel of a season one class, a number below 255. Legend, cells and tiles are
all made of these classes, so their numbers cannot differ.
"""
