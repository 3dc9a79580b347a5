"""One app's conversation with its provider, over real sockets."""
