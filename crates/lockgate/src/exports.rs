//! The listening sockets that the next process may have: duplicates of all of them, with what cannot be asked of a socket.

use std::os::fd::OwnedFd;

use ::control::StatsListener;
use engine::{Bound, Shared};
use net::handover::Exported;

use crate::worker;

/// Duplicates of all listening sockets; none where nobody could ever ask for them. One that cannot be duplicated is bound
/// by the next process anew.
pub(crate) fn of(shared: &Shared, listeners: &[Bound], stats: &[StatsListener]) -> Vec<Exported> {
    let mut exported = shared.logs.take_exports();
    if worker::link().is_none() && !stats.iter().any(|socket| socket.exposes_listeners) {
        return Vec::new();
    }
    let enabled = shared.config.proxies.iter().filter(|proxy| !proxy.is_disabled);
    let binds: Vec<_> = enabled.flat_map(|proxy| &proxy.binds).collect();
    for bound in listeners {
        let Some(options) = binds.get(bound.listener).map(|bind| &bind.options) else { continue };
        if options.takes_descriptors {
            continue;
        }
        let export = |socket: &OwnedFd| {
            let (namespace, interface) = (options.namespace.clone(), options.interface.clone());
            socket.try_clone().ok().map(|fd| Exported { fd, namespace, interface })
        };
        exported.extend(bound.sockets.iter().filter_map(export));
    }
    let export = |socket: &StatsListener| {
        socket.fd.try_clone().ok().map(|fd| Exported { fd, namespace: None, interface: None })
    };
    exported.extend(stats.iter().filter_map(export));
    exported
}
