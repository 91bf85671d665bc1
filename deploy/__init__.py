"""What operators need around the assistant."""
