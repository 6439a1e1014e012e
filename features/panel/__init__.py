"""What each store sold of each SKU each week, and what its shelf held."""
