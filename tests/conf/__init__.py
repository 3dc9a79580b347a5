"""The GENAUTH setting."""
