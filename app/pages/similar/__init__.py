"""The page of similar deals: its address, chips and columns."""
