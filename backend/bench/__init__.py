"""Measurements of the product on a throw-away installation: what it does per second, beside what would be possible."""
