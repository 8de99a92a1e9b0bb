//! Name servers of `resolvers` sections.

use resolve::Counter;

use super::sample::Series;
use crate::process::Process;

/// A sample for each name server.
pub(super) fn samples(counter: Counter, process: &Process, series: &mut Series<'_>) {
    for section in &process.shared.resolvers {
        for (name, counters) in section.nameservers() {
            let labels = [("resolver", &*section.name), ("nameserver", name)];
            series.push_count(&labels, counters.get(counter));
        }
    }
}
