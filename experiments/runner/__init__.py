"""Runs an experiment of experiments/NAME: boot, trace, table, figures, report.

    python3 -m experiments.runner experiments/latency
"""
