"""Stripe's payment API as Holdfast uses it: intents, charges, refunds, balance, events and signed webhooks."""
