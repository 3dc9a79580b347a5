"""Sessions: list and end the sign-ins of this app."""
