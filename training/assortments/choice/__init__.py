"""What shoppers choose, and what they do when it is not there."""
