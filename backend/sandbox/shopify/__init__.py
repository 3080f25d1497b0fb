"""The shop platform: Shopify's REST Admin API for orders, transactions, refunds and fulfilments, and its webhooks."""
