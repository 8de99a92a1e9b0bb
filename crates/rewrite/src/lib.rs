//! Configurations rewritten: modern words, aligned columns.
