"""Erasure and access for one person, over everything that was made from their purchases."""
