"""`nightjar backup` and `nightjar restore`: configuration and secrets of one installation, in one file."""
