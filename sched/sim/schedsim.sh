#!/bin/sh
# schedsim: simulate a scenario. The program is experiments/simulate/; its
# engine is schedsim-engine beside this file.
SCHEDSIM_ENGINE=$(cd "$(dirname "$0")" && pwd)/schedsim-engine \
    PYTHONPATH=@ROOT@ exec /usr/bin/python3 -m experiments.simulate "$@"
