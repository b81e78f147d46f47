"""A finished run and people > what they say of its examples, kept version by version."""
