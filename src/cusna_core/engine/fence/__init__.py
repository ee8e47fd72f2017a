"""How is a plugin used, so that its trouble stays its own? Calls fenced, answers checked, no secret told."""
