"""The pages and the API of buyers: sign-in, assortment runs, reports."""
