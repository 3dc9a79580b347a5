"""An example site that signs people in through GenAuth, with django_genauth and Django alone."""
