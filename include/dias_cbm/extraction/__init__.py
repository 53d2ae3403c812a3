"""Per-parcel statistics of rasters: pixel runs per parcel, streamed pixels, block writes."""
