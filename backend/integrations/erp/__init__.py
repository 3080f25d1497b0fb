"""Any ERP or invoicing system that takes documents by an HTTP request and answers in JSON, by configuration alone."""
