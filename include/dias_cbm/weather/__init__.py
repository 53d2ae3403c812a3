"""Daily weather by cell or station: loaded from files, found by the cell nearest to a parcel."""
