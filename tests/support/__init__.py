"""What tests share: the database server of a test run and the ways in."""
