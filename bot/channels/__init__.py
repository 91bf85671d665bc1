"""One file per vendor: verify, parse, render, send."""
