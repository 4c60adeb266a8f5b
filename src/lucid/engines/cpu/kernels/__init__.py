"""Kernels of the CPU engine, one file per family. ``table.py`` says which there are."""
