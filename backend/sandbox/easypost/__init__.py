"""EasyPost's API as Holdfast uses it: addresses, shipments with rates, labels, refunds and signed tracker events."""
