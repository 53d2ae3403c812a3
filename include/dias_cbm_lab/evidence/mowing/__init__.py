"""Evidence of the mowing marker: detectors side by side on meadows with camera dates."""
