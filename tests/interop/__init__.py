"""Signing in and out at providers that this project did not write, and at its stand-in."""
