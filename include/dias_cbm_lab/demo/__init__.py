"""A season without an account: simulated products, a local DIAS, and the main job over them."""
