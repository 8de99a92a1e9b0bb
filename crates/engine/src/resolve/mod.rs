//! Names at run time (configuration manual, chapter 5.3): name servers are asked on the thread of the checks, one task a
//! `resolvers` section; servers change their addresses by what is answered, and requests wait for theirs (`do-resolve`).
//!
//! ```text
//!   worker: do-resolve --order--+                       +--> servers: address, port, weight, maintenance
//!   runtime API: fqdn --order---+--> section.rs <--> ::resolve::Resolver (decides what is asked, and when)
//!                                     |    ^
//!                            question v    | message
//!                                udp.rs, tcp.rs <--> name servers
//! ```
//! Only that thread touches a section; everybody else reads its figures.

mod section;
mod servers;
mod tcp;
mod udp;

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use ::resolve::{Counters, Name, NameError, Preference, Preferences};
use config::model::{ResolversConfig, ServerAddress, ServerConfig};
use parking_lot::Mutex;
use rules::NameCall;
use tokio::sync::oneshot;

use crate::check;
use crate::shared::{ServerRun, Shared};
use crate::state_file::StateLine;
use section::Section;

/// The figures of a section, for everybody.
#[derive(Debug)]
pub struct Figures {
    /// Its name.
    pub name: Box<str>,
    /// The names of its name servers.
    pub nameservers: Vec<Box<str>>,
    /// Their figures, in the same order.
    pub counters: Arc<[Counters]>,
}

impl Figures {
    pub(crate) fn of(config: &ResolversConfig) -> Figures {
        Figures {
            name: config.name.clone(),
            nameservers: config.nameservers.iter().map(|server| server.name.clone()).collect(),
            counters: config.nameservers.iter().map(|_| Counters::default()).collect(),
        }
    }

    /// Name servers and their figures.
    pub fn nameservers(&self) -> impl Iterator<Item = (&str, &Counters)> {
        self.nameservers.iter().map(|name| &**name).zip(self.counters.iter())
    }
}

/// What name servers have to do with a server.
#[derive(Debug)]
pub struct Resolving {
    /// The section, by its number.
    pub section: usize,
    /// The service that says where it is.
    pub service: Option<Box<str>>,
    pub(crate) preferences: Preferences,
    pub(crate) ignores_weight: bool,
    /// The name of its host: that of its line, or as it was changed, or its service's target.
    fqdn: Mutex<Option<Box<str>>>,
    /// Whether that was ever changed.
    was_renamed: AtomicBool,
}

impl Resolving {
    /// As a server's line has it.
    pub(crate) fn of(server: &ServerConfig) -> Option<Resolving> {
        let wanted = &server.resolvers;
        let section = wanted.section?;
        let name = match &server.address {
            ServerAddress::Name { host, .. } => Some(host.clone()),
            ServerAddress::Endpoint(net::Endpoint::Inet(_)) => None,
            // What is no host of the Internet stays where it is.
            ServerAddress::Endpoint(_) => return None,
        };
        let (service, fqdn) = if server.is_of_service() { (name, None) } else { (None, name) };
        Some(Resolving {
            section,
            service,
            preferences: wanted.preferences.clone(),
            ignores_weight: wanted.ignores_weight,
            fqdn: Mutex::new(fqdn),
            was_renamed: AtomicBool::new(false),
        })
    }

    /// Gives a server that is being built the host that it had.
    pub(crate) fn restore(&self, former: &StateLine) {
        let host = former.host(self.service.as_deref(), self.fqdn().as_deref());
        if let Some(host) = host {
            self.set_fqdn(Some(host.into()));
        }
    }

    /// The name of its host now.
    #[must_use]
    pub fn fqdn(&self) -> Option<Box<str>> {
        self.fqdn.lock().clone()
    }

    /// Whether the name of its host was ever changed.
    #[must_use]
    pub fn was_renamed(&self) -> bool {
        self.was_renamed.load(Relaxed)
    }

    fn set_fqdn(&self, fqdn: Option<Box<str>>) {
        self.was_renamed.store(true, Relaxed);
        *self.fqdn.lock() = fqdn;
    }
}

/// What name servers are to be asked, from another thread.
pub(crate) enum NameOrder {
    /// A request wants an address, once.
    Call { section: usize, preference: Preference, name: Name, answer: oneshot::Sender<Option<IpAddr>> },
    /// A server's host has another name.
    Rename(Arc<ServerRun>),
}

/// The sections at work, on their thread.
pub(crate) struct Sections(Vec<Rc<Section>>);

impl Sections {
    /// Starts a task for each section that has name servers.
    pub(crate) fn start(shared: &Arc<Shared>) -> Sections {
        let numbers = 0..shared.config.resolvers.len();
        let sections: Vec<Rc<Section>> = numbers.map(|number| Section::new(shared, number)).collect();
        for section in &sections {
            section.start();
        }
        Sections(sections)
    }

    /// Whether there is anything to be asked.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Carries an order out.
    pub(crate) fn carry_out(&self, order: NameOrder) {
        match order {
            NameOrder::Call { section, preference, name, answer } => {
                if let Some(section) = self.0.get(section) {
                    section.call(&name, preference, answer);
                }
            }
            NameOrder::Rename(server) => {
                let section = server.resolving.as_ref().and_then(|resolving| self.0.get(resolving.section));
                if let Some(section) = section {
                    section.rename(&server);
                }
            }
        }
    }
}

/// Whether some server's address comes from name servers.
pub(crate) fn is_needed(shared: &Shared) -> bool {
    shared.proxies.iter().flat_map(|proxy| &proxy.servers).any(|server| server.resolving.is_some())
}

/// The address of a name that a rule asks for; `None`: there is none.
pub(crate) async fn address(shared: &Arc<Shared>, call: &NameCall) -> Option<IpAddr> {
    let Ok(name) = Name::parse(&call.name) else {
        shared.failed_resolutions.fetch_add(1, Relaxed);
        return None;
    };
    let (answer, answered) = oneshot::channel();
    let order = NameOrder::Call { section: call.section, preference: call.preference, name, answer };
    check::order_name(shared, order);
    answered.await.ok().flatten()
}

/// Why the name of a server's host is not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenameError {
    /// It is called so already.
    #[error("no need to change the FDQN")]
    Same,
    /// It is no name.
    #[error("invalid fqdn '{0}'")]
    Wrong(Box<str>),
}

/// Gives a server's host another name, whose address is then asked for; answers what changed, in words.
///
/// # Errors
/// Names that are none, and the one that it has.
pub fn rename(shared: &Arc<Shared>, server: &Arc<ServerRun>, name: &str) -> Result<String, RenameError> {
    let wrong = |_: NameError| RenameError::Wrong(name.into());
    let Some(resolving) = &server.resolving else { return Err(RenameError::Wrong(name.into())) };
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
        return Err(RenameError::Wrong(name.into()));
    }
    Name::parse(name.as_bytes()).map_err(wrong)?;
    let before = resolving.fqdn();
    if before.as_deref() == Some(name) {
        return Err(RenameError::Same);
    }
    resolving.set_fqdn(Some(name.into()));
    check::order_name(shared, NameOrder::Rename(server.clone()));
    Ok(renamed(shared, server, before.as_deref(), name))
}

fn renamed(shared: &Shared, server: &ServerRun, before: Option<&str>, after: &str) -> String {
    let proxy = &shared.runtime.proxy(server.state.proxy).name;
    let before = before.unwrap_or("(null)");
    format!("{proxy}/{} changed its FQDN from {before} to {after}", server.state.name)
}
