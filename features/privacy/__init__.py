"""Erasure and suppression: what is removed of a person, and who must not come back."""
