"""What a service learns between two trainings: nothing yet."""
