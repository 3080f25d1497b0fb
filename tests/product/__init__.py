"""The whole product as processes: web, workers, PostgreSQL and the sandbox, driven and broken from outside."""
