"""What should have been seen, what is missing of it and why, and the mail that says so."""
