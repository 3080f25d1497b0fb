"""The generic channel: any shop that can sign a JSON document of our published schema."""
