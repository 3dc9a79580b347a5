"""Grants: kept, refreshed by one, revoked, and worked through by several processes."""
