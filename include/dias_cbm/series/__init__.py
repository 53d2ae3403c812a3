"""Series of parcel statistics from other platforms: imported, and compared with our own."""
