"""One file for each module of `django_genauth.protocol`: no database, no socket, real keys."""
