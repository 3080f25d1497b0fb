"""A generated life of the product: hypothesis chooses what happens next, and after every step everything must hold."""
