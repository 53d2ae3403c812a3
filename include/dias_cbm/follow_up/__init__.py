"""Follow-up: for each parcel in doubt, the few images that would decide, or why there are none."""
