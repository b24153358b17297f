"""The forms in which draws travel: a Sample of rows, or Moments, their means and scatters."""

from __future__ import annotations

from testbed.maps import Chain, LinearMap, read_only
from testbed.moments import Moments, pooled
from testbed.sample import Sample

__all__ = ["Chain", "LinearMap", "Moments", "Sample", "pooled", "read_only"]
