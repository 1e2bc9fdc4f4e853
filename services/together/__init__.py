"""All of Nightjar in one process: the same services, an embedded broker, a folder as the archive."""
