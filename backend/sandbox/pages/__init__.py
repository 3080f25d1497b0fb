"""Pages for people: what the outside world holds, and buttons to make it misbehave."""
