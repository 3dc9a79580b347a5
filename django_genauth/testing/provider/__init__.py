"""A provider that keeps the specifications: requests in, answers out, without a socket.

It signs with `cryptography` alone and imports nothing else of this package, so that no check is
tested by the code that it checks. How its answers reach a client is somebody else's.
"""
