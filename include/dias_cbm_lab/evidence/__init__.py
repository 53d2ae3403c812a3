"""Accuracy figures of the engines."""
