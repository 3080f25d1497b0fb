"""Invoice Ninja: clients, invoices and their PDFs over its token API."""
