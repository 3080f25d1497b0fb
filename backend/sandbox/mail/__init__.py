"""A mail server that keeps every message and delivers none."""
