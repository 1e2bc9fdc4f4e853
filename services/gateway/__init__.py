"""The gateway: shows cameras and events to people who logged in, over HTTP alone."""
