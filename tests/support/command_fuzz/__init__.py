"""A fuzz over all commands of ``cbm``: grammar, broken files, closed services, checks."""
