"""The control API: what tests and the demo ask of the outside world, and what they read back."""
