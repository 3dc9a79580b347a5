"""The specifications, and nothing else: no Django, no `requests`, no socket, no clock of its own.

Each module is one specification. It builds requests and reads responses, both plain values; who
sends them is decided above.
"""
