"""Stripe: payment intents, captures and refunds over its form-encoded API, and its signed events."""
