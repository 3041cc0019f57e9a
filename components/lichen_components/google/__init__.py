"""What an endpoint on Google Cloud is made of."""
