"""Believable history of a shop that does not exist, loaded in bulk through the product's own rules.

The sandbox's generator makes the shop's orders, the Shopify channel's normaliser reads them, `journey` tells how each
one went, minute by minute, as services and steps would have written it, and `loader` copies it into the same tables.
"""
