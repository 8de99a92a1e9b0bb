//! The tree of a configuration checked into plain data.
