"""Take over the people of another package: their accounts become identities."""
