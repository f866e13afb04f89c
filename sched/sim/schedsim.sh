#!/bin/sh
# schedsim: simulate a scenario. The program is experiments/simulate/; its
# engine is schedsim-engine beside this file.
build=$(cd "$(dirname "$0")" && pwd)
SCHEDSIM_ENGINE=$build/schedsim-engine PYTHONPATH=$(dirname "$build") \
    exec /usr/bin/python3 -m experiments.simulate "$@"
