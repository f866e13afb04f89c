"""Statistics over Metronome's traces.

`load()` reads a trace file through the one decoder (build/xentrace); the other
modules turn its records into intervals, checks, latencies and shares. All
times are nanoseconds of system time, in float64 (exact to 2**53) unless a name
says otherwise.
"""
from .trace import Trace, load

__all__ = ["Trace", "load"]
