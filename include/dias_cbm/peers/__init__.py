"""Peers: parcels of the same crop near by, and where a parcel leaves their band."""
