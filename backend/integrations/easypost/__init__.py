"""EasyPost: addresses, shipments with rates and labels, and signed tracker events."""
