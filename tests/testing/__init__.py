"""What `django_genauth.testing` offers to sites, and the honest provider that it is made of."""
