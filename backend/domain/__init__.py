"""Pure rules of the back office: standard library and published tables (currencies) only; no clock, database or network."""
