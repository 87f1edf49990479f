"""What people did with the knowledge, and what both teams do next because of it."""
