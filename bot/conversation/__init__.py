"""Inbox, turn and outbox: what happens to a message, whoever sent it. Knows no vendor and no Rasa."""
