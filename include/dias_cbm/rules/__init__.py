"""Rules: schemes in a file, and the reasoned colour that markers give each parcel."""
