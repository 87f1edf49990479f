"""What waits for whoever is asking, and what is kept of them."""
