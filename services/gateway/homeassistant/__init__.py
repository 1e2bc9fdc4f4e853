"""What makes Home Assistant find the cameras by itself."""
