"""Evidence of the markers: every figure that real data allow, each beside its bar."""
