"""What a message means, held against the catalog: products, options, amounts, addresses, short answers. Says nothing itself."""
