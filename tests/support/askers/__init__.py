"""Processes of a site that ask for the access token of one user at the same instant."""
