"""Vector layers with their attributes, exact to the last digit, for loads and extraction alike."""
