"""How does each location look to its members? Texts, a logo that is safe, colours that everybody can read."""
