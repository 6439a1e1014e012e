"""Feature families: one file each; a function per grain, from what is known to one row per key."""
