"""`make recovery`: how long it takes until all is well again, and what callers notice of a restart."""
