"""What does an integrator need to prove a plugin? Strict references, and kits that ask hard questions."""
