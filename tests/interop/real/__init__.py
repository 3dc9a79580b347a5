"""Sign-ins at providers that people run, each set up as its page in the documentation says."""
