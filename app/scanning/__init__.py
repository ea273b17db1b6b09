"""Files strangers send: what they really are, and whether a virus scanner knows them. Bytes in, verdicts out."""
