"""schedsim's front: from a manifest to the engine's lines, and its runs."""
