"""The embedded reference shop: catalog, customers and orders behind a published HTTP API."""
