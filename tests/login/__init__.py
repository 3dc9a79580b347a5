"""Signing in and linking, from the view to the session."""
