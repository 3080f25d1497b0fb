"""Razorpay's API as Holdfast uses it: orders, payments, captures, refunds, signed webhooks, and a customer who pays."""
