"""What several files of tests share: providers, sites, people, and the places of files."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The checkout, or the sdist, unpacked."""
