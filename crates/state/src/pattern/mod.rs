//! Patterns: what ACLs and maps compare samples with (configuration manual, chapter 7.1).

pub mod net;
