"""Nochannel: one conversation per customer, whatever the channel."""
