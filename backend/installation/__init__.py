"""One machine's installation: its data folder, keys, embedded database, and the processes that make up the product."""
