"""The tuning page: the live picture with what motion makes of it, its settings, zones and masks."""
