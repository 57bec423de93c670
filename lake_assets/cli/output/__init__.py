"""What commands write: talk for people on stderr, data on stdout. What there is to say, the commands know."""
