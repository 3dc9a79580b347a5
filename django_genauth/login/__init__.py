"""Signing in, and linking an identity to the user who is signed in."""
