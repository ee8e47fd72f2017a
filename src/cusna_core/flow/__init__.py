"""The rules, pure, read in this order: accounts, rights, brake, groups, keys, ownership, changes."""
