"""The feature vector of a request, for training rows and for answers."""
