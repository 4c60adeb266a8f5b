"""Engines: where arrays live and kernels run. Start with ``protocol.py``."""
