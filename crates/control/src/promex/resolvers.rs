//! Name servers. Names are resolved by the system when the process starts: no name server is asked from here, so all figures
//! of those that the system has are 0, as HAProxy tells them for its `default` section.

use super::sample::Series;
use crate::process::Process;

/// A sample for each name server.
pub(super) fn samples(process: &Process, series: &mut Series<'_>) {
    for server in &process.about.nameservers {
        series.push_count(&[("resolver", "default"), ("nameserver", server)], 0);
    }
}
