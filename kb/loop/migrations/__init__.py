"""How the activity database gets from each version of its schema to the next."""
