"""What people get by mail and feed, how they stop it, and what was sent."""
