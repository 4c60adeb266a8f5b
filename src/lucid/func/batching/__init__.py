"""How ``vmap`` runs a function once for a whole batch."""
