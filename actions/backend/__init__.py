"""The shop as the actions see it: the port and its adapters."""
