"""Signing out here, at the provider, and by the provider."""
