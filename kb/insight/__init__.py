"""What the deals say together: rates with their uncertainty, fair comparisons, similar deals."""
