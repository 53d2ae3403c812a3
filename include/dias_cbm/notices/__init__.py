"""Notices to people: digest, mail, calendar, alerts."""
