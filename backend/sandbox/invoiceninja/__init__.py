"""Invoice Ninja's REST API as Holdfast uses it: clients, invoices, credits, payments and their PDFs."""
