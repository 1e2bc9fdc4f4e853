"""Finds what moves, opens events, and keeps their frames until they are archived."""
