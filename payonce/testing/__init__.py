"""For the tests of programs that use payonce: pytest fixtures (`plugin`), the pair (`server`), containers (`containers`)."""
