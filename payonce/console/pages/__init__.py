"""What can be looked at, and done. A module for each subject."""
