"""Tests of the management commands, one file each."""
