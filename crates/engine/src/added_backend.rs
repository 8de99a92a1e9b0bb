//! Backends that come while the process runs (management guide, chapter 9.3, `add backend`).
//!
//! A new backend is a new proxy behind all others, whose parts in the configuration, in the engine and in the runtime
//! stand at the same place. It has no servers and is not published: an operator gives it servers and lets rules lead to
//! it. Only rules with a computed name can find it.
//!
//! One that goes (`del backend`) leaves its place empty for good, because sessions may hold references to it: what it
//! was made of stays in memory.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use base::ProxyId;
use config::dynamic_backend::{self, BackendError, Wanted};
use config::model::ProxyConfig;
use diag::Diagnostics;

use crate::added::need_destinations;
use crate::build::{Builder, Surroundings, adds_destination};
use crate::log_forward::Rings;
use crate::route::Namespaces;
use crate::shared::Shared;
use crate::state_file::StateFiles;

/// Why no backend is added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddBackendError {
    /// It cannot be made.
    #[error(transparent)]
    Lines(#[from] BackendError),
    /// Another proxy has its name; its kind stands first.
    #[error("Error during backend creation : name is already used by other proxy '{0} {1}'.")]
    Name(&'static str, String),
    /// Something else has its lasting name.
    #[error("Error during backend creation : GUID insertion : {0}.")]
    Guid(String),
}

/// Adds a backend, not published; tells what is worth telling.
///
/// # Errors
/// When it cannot be made, or its name or its lasting name is taken.
pub fn add_backend(
    shared: &Shared,
    wanted: &Wanted<'_>,
    guid: Option<&str>,
) -> Result<Vec<String>, AddBackendError> {
    let _adding = shared.adding.lock();
    let id = ProxyId::from_index(shared.runtime.proxies.len());
    let made = dynamic_backend::backend(&shared.config, id, wanted)?;
    check_name(shared, wanted.name)?;
    let mut line = made.proxy;
    if let Some(guid) = guid {
        line.guid = Some(free_guid(shared, guid)?.into());
    }
    line.is_unpublished = true;
    line.uuid = free_number(shared);
    if adds_destination(&line) || line.options.transparent.is_on() {
        need_destinations(shared);
    }
    let mut told = made.warnings;
    put(shared, line, &mut told);
    Ok(told)
}

/// Puts the parts of a new proxy where they belong. Who finds it in the runtime finds its other parts.
fn put(shared: &Shared, mut line: ProxyConfig, told: &mut Vec<String>) {
    if line.logs.iter().any(|log| log.is_stream) {
        // What brings messages over connections was started with the process.
        line.logs.retain(|log| !log.is_stream);
        told.push("log lines whose messages go over a connection are left out".to_owned());
    }
    let (id, name) = (line.id, line.name.clone());
    shared.config.later.add(line);
    let line = shared.config.proxy(id);
    let process = &shared.runtime.process;
    let around = Surroundings {
        workers: process.nbthread as usize,
        hostname: process.hostname.to_string(),
        pid: process.pid,
        maxconn: process.maxconn,
    };
    let rings = Rings::of(&shared.logs);
    let (namespaces, states) = (Namespaces::default(), StateFiles::none());
    let mut builder =
        Builder::new(&shared.config, &around, &rings, namespaces, states, Diagnostics::default());
    // It has no servers; `dispatch` and the like count as one.
    builder.next_pool = shared.pools.fetch_add(1, Relaxed);
    let (state, run) = builder.proxy(line);
    told.extend(builder.diags.iter().map(|found| found.message.clone()));
    shared.proxies.add(run);
    shared.runtime.proxies.add(state);
    let mut by_name = shared.backends.load().clone();
    by_name.insert(name.as_bytes().into(), id);
    shared.backends.store(by_name);
}

fn check_name(shared: &Shared, name: &[u8]) -> Result<(), AddBackendError> {
    let text = || base::Lossy(name).to_string();
    let mut proxies = shared.runtime.proxies.iter().filter(|proxy| proxy.is_there());
    if let Some(other) = proxies.find(|proxy| proxy.name.as_bytes() == name) {
        return Err(AddBackendError::Name(crate::check::title(other.sides), text()));
    }
    if shared.config.named_defaults.names().any(|other| other == name) {
        return Err(AddBackendError::Name("defaults", text()));
    }
    Ok(())
}

/// The lowest number that no proxy has or had.
fn free_number(shared: &Shared) -> u32 {
    let taken: std::collections::BTreeSet<u32> =
        shared.runtime.proxies.iter().map(|proxy| proxy.uuid).collect();
    (2..u32::MAX).find(|number| !taken.contains(number)).unwrap_or(u32::MAX)
}

/// A lasting name, if it is one and nothing has it.
fn free_guid<'g>(shared: &Shared, guid: &'g str) -> Result<&'g str, AddBackendError> {
    const BYTES_MAX: usize = 127;
    let refused = |why: String| Err(AddBackendError::Guid(why));
    if guid.is_empty() || guid.len() > BYTES_MAX {
        return refused("invalid length".to_owned());
    }
    let is_good = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    if let Some(bad) = guid.chars().find(|c| !is_good(c)) {
        return refused(format!("invalid character '{bad}'"));
    }
    match owner_of(shared, guid) {
        Some(owner) => refused(format!("duplicate entry with {owner}")),
        None => Ok(guid),
    }
}

/// What has a lasting name.
fn owner_of(shared: &Shared, guid: &str) -> Option<String> {
    for proxy in shared.runtime.proxies.iter().filter(|proxy| proxy.is_there()) {
        let line = shared.config.proxy(proxy.id);
        if line.guid.as_deref() == Some(guid) {
            return Some(format!("{} {}", crate::check::title(proxy.sides), proxy.name));
        }
        let has_it = |server: &Arc<state::Server>| {
            shared.server(server).config(&shared.config).guid.as_deref() == Some(guid)
        };
        if let Some(server) = proxy.servers.iter().find(has_it) {
            return Some(format!("server {}/{}", proxy.name, server.name));
        }
        let file = |bind: &config::model::Bind| {
            let at = usize::try_from(bind.span.file.0).unwrap_or(usize::MAX);
            shared.config.files.get(at).map_or("", |name| name)
        };
        if let Some(bind) = line.binds.iter().find(|bind| bind.guid(&line.binds).as_deref() == Some(guid)) {
            return Some(format!("listener {} ({}:{})", proxy.name, file(bind), bind.span.line));
        }
    }
    None
}
