"""What people are told: digest, mail, calendar, alerts."""
