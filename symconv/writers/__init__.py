"""Writers: a Network out to people."""
