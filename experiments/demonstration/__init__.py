"""The demonstration: real baskets, planted people, a trained model, a running service."""
