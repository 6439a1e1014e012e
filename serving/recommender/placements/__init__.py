"""Where on a storefront a list is shown, each a file of its own."""
