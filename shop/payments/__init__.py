"""How customers pay: gift cards, debits, invoices, and pages of a payment provider."""
