"""Tests of the simulator schedsim."""
