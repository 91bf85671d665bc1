"""The aiohttp server: where vendors, pages and machines reach the assistant."""
