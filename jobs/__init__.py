"""Background jobs: the Huey queue that wakes workers, and the loops that make sure nothing waits for a lost wake-up."""
