"""CARD products made by a platform on order: its service, and our record of orders."""
