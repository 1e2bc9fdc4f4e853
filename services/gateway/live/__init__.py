"""What goes on now: cameras, services and events as MQTT tells of them, and who is told of changes."""
