//! The appliance's network file, applied to a machine made for it.

use lockgate_netns_tests::{Case, cases};

pub(crate) static CASES: &[Case] = cases![];
