"""Template tag libraries for a site's templates: `{% load genauth %}`."""
