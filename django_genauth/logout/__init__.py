"""Signing out here and at the provider, and being signed out by the provider."""
