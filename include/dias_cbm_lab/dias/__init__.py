"""A local DIAS: catalogue, store and their faults, in the dialects of real platforms."""
