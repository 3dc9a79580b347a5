"""Taking over the people of another package."""
