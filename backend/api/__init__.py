"""The HTTP API: webhooks in, orders for programs, health and metrics. Authenticity and tokens decide, never cookies."""
