"""User models of other shapes than Django's; in INSTALLED_APPS only where USER_MODEL names one."""
