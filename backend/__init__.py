"""Holdfast's back end: rules, store, services, integrations and HTTP API; knows nothing of the dashboard or the job queue."""
