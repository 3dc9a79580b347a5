"""The pages of Django's admin, and the button on its login page."""
