"""The data of the pages, as plain functions of a connection and a season."""
