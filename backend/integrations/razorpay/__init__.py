"""Razorpay: orders, captures and refunds over its JSON API, and its signed events."""
