"""oneDNN, called through ctypes: matrix products and convolutions. Read ``library.py`` first."""
