"""The archiver puts every frame of an event into the store, and says of each event how it ended."""
