"""The server: one checker of requests for all services, and what single services add to it."""
