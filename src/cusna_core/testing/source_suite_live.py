"""How does the source suite run on a real account (`pytest --cusna-live CONFIG`)? It only reads."""
