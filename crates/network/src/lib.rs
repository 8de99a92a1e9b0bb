//! The machine's network and what a configuration needs of it.
