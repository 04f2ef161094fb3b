"""Which modules are the blocks, and how their outputs reach a store of states."""
