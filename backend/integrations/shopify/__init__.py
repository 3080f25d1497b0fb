"""Shopify: orders by webhook, the money Shopify took itself, and fulfilments back to the shop."""
