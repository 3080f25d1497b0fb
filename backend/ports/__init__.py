"""What Holdfast asks of the outside: protocols and frozen dataclasses in our words; adapters live in `integrations`."""
