"""What templates of a site may load by name: `{% load genauth %}`."""
