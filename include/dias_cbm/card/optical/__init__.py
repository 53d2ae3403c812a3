"""CARD-2A without Sen2Cor: surface reflectance of Sentinel-2 L1C by tables of the 6S model."""
