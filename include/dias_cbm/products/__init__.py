"""A product's files: opened, validated, described, read and written."""
