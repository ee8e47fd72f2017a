"""The whole program on one laptop: the real thing, with vendors, mails and midnights in a box."""
