"""What docs/ is made with: pages and pictures that are generated, and links that the site adds."""
