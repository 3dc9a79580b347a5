"""A site under load, at gunicorn."""
