"""ShipEngine (ShipStation API): addresses, labels and signed tracking events."""
