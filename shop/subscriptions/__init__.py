"""Subscriptions: what became of a rented piece, its months, pauses, swaps, charges and end."""
