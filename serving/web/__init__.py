"""What all routes share: problems, identifiers, bodies, the frame of pages."""
