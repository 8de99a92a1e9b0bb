//! Transparent binds and sources through real rules.

use lockgate_netns_tests::{Case, cases};

pub(crate) static CASES: &[Case] = cases![];
