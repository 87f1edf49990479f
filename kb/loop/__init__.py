"""What searches tell back: which needs the knowledge does not meet yet."""
