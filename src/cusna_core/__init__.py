"""Cusna: a private WiFi passphrase for every member of a co-working space."""

__version__ = "0.1.0"
