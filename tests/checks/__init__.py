"""What `manage.py check` says of a set-up."""
