"""How much CPU this app takes: of a login beside other packages, of an ID token, of a page.

`python -m benchmarks` measures and prints; nothing here is a part of the app or of its tests.
"""
