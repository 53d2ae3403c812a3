"""Follow-up: the few clear dates and images that would decide a doubtful parcel."""
