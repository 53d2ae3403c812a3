"""The test bench: simulated season, local DIAS, evidence for the engines, faults on purpose."""
