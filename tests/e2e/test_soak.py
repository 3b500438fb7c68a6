#!/usr/bin/env python3
"""A few rounds of soak.py, of fixed seeds."""

from harness import main
from soak import Soak

__all__ = ["Soak"]

if __name__ == "__main__":
    main()
