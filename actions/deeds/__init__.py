"""What can be done with a running subscription: a deed in each file."""
