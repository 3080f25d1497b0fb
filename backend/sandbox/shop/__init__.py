"""Tidewater Supply, an outdoor and home goods shop that does not exist: catalogue, customers, seasons and orders.

`generator` and `catalogue` are pure and know no clock, file or network; `counter` is where the sandbox places orders.
"""
