"""Evidence for the outlier step: a simulated season, planted errors, and its peers."""
