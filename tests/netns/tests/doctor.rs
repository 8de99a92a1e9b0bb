//! What a machine lacks for a configuration, before and after the printed commands.

use lockgate_netns_tests::{Case, cases};

pub(crate) static CASES: &[Case] = cases![];
