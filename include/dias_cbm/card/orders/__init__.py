"""CARD products made by a platform on order: its service, and the book that orders are kept in."""
