"""Capture turns each camera into numbered, self-describing JPEG frames on MQTT."""
