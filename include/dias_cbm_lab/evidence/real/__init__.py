"""Real images through the engines' steps, and what other processors made of the same."""
