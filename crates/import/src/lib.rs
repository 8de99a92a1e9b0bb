//! Configurations of other programs, written as ours.
