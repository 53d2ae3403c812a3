"""The simulated season: land, signals, passes, products, and what should come of them."""
