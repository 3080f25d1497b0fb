"""The outside world on loopback: shop, payment, invoicing, shipping and mail in their real wire formats.

Imports nothing of Holdfast: the two sides meet only over HTTP and SMTP, as they do in real life.
"""
