"""The tests of django_genauth."""
