"""The user import: makes identities from the accounts that another package kept."""
