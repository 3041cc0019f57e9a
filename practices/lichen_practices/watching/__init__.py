"""What is deployed, judged again by today's catalogue, with a history of earlier runs."""
