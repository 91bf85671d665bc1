"""Own data in, and out again: files of products, customers, orders and subscriptions, read and written as streams."""
