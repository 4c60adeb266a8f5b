"""Layers, one file per family: parameters around the functions of ``lucid.nn.functional``."""
