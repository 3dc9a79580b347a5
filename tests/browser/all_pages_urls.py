"""The addresses of the site with the admin, and of the one with a book to write in."""

from admin_urls import urlpatterns as admin
from policy_urls import urlpatterns as policy

urlpatterns = [*policy, *admin]
