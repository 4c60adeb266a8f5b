"""Mixed precision: products of fewer digits where they are quicker, and losses scaled for half precision."""

from lucid.amp.autocast import autocast, is_autocast_enabled
from lucid.amp.grad_scaler import GradScaler

__all__ = ["GradScaler", "autocast", "is_autocast_enabled"]
