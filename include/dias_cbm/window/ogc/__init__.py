"""OGC API Features: parcels, passes and gaps of each season for QGIS, GDAL and the like.

Core, GeoJSON and OpenAPI of part 1 (https://docs.ogc.org/is/17-069r4/17-069r4.html), and the
queryables of part 3 as query parameters (https://docs.ogc.org/is/19-079r2/19-079r2.html).
"""
