"""ShipEngine's API as Holdfast uses it: address validation, rates, labels, tracking and signed tracking webhooks."""
