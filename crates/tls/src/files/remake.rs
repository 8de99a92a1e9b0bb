//! New contexts for the lines that use a file which changes.

use std::sync::{Arc, Weak};

use rustc_hash::FxHashMap;

use super::Inner;
use crate::load::{Entry, KeyPair};
use crate::options::{ClientOptions, HostOptions, ServerOptions};
use crate::verify::{RevocationLists, TrustStore};
use crate::{Slot, client, server};

/// One file takes the place of another.
#[derive(Debug, Clone, Copy)]
pub(super) enum Replacement<'r> {
    /// A certificate.
    Pair(&'r Arc<KeyPair>, &'r Arc<KeyPair>),
    /// Authorities.
    Authorities(&'r Arc<TrustStore>, &'r Arc<TrustStore>),
    /// Revocation lists.
    Revocations(&'r Arc<RevocationLists>, &'r Arc<RevocationLists>),
}

/// Puts the new one into `slot` if it holds the old one; whether it did.
fn swap<T>(slot: &mut Option<Arc<T>>, old: &Arc<T>, new: &Arc<T>) -> bool {
    let uses = slot.as_ref().is_some_and(|held| Arc::ptr_eq(held, old));
    if uses {
        *slot = Some(new.clone());
    }
    uses
}

impl Replacement<'_> {
    /// Changes what a `bind` line, or a certificate on it, says; whether it was concerned.
    fn host(self, host: &mut HostOptions) -> bool {
        match self {
            Replacement::Pair(..) => false,
            Replacement::Authorities(old, new) => {
                swap(&mut host.ca_file, old, new) | swap(&mut host.ca_verify_file, old, new)
            }
            Replacement::Revocations(old, new) => swap(&mut host.crls, old, new),
        }
    }

    /// The same of a `server` line.
    fn client(self, options: &mut ClientOptions) -> bool {
        match self {
            Replacement::Pair(old, new) => swap(&mut options.certificate, old, new),
            Replacement::Authorities(old, new) => swap(&mut options.ca_file, old, new),
            Replacement::Revocations(old, new) => swap(&mut options.crls, old, new),
        }
    }

    /// What a context would be made of; `None` if it is not concerned. Also how many of its entries are.
    fn server(self, context: &server::Context) -> Option<(ServerOptions, Vec<Entry>, usize)> {
        let mut options = context.options().clone();
        let is_concerned = self.host(&mut options.host);
        let mut entries = context.entries().to_vec();
        let mut known: FxHashMap<*const HostOptions, Option<Arc<HostOptions>>> = FxHashMap::default();
        let mut count = 0;
        for entry in &mut entries {
            if let Replacement::Pair(old, new) = self {
                if Arc::ptr_eq(&entry.pair, old) {
                    entry.pair = new.clone();
                    count += 1;
                }
                continue;
            }
            let changed = known.entry(Arc::as_ptr(&entry.options)).or_insert_with(|| {
                let mut host = HostOptions::clone(&entry.options);
                self.host(&mut host).then(|| Arc::new(host))
            });
            if let Some(changed) = changed {
                entry.options = changed.clone();
                count += 1;
            }
        }
        (is_concerned || count > 0).then_some((options, entries, count))
    }
}

/// Contexts that were made and are not in use yet.
#[derive(Debug, Default)]
pub(super) struct Remade {
    binds: Vec<(Arc<Slot<server::Context>>, Arc<server::Context>)>,
    servers: Vec<(Arc<Slot<client::Context>>, Arc<client::Context>)>,
    /// How many uses they are.
    pub(super) count: usize,
}

impl Remade {
    /// Adds one of a `bind` line.
    pub(super) fn bind(
        &mut self,
        slot: &Arc<Slot<server::Context>>,
        options: &ServerOptions,
        entries: Vec<Entry>,
    ) -> Result<(), String> {
        let made = slot.current().remade(options, entries)?;
        self.binds.push((slot.clone(), made.context));
        Ok(())
    }

    /// Takes them into use. Connections under way keep what they have.
    pub(super) fn apply(self) {
        for (slot, context) in self.binds {
            slot.replace(context);
        }
        for (slot, context) in self.servers {
            slot.replace(context);
        }
    }
}

impl Inner {
    /// Makes a context for each line that uses what is replaced.
    ///
    /// # Errors
    /// One of them cannot be made; it says on which line.
    pub(super) fn remake(&self, replacement: Replacement<'_>) -> Result<Remade, String> {
        let mut remade = Remade::default();
        for line in &self.binds {
            let Some((options, entries, count)) = replacement.server(&line.slot.current()) else { continue };
            let placed = |error: String| format!("{} ({}): {error}", line.proxy, line.place);
            remade.bind(&line.slot, &options, entries).map_err(placed)?;
            remade.count += count.max(1);
        }
        for slot in self.servers.iter().filter_map(Weak::upgrade) {
            let mut options = slot.current().options().clone();
            if replacement.client(&mut options) {
                let made = client::Context::new(&options)?;
                remade.servers.push((slot, made.context));
                remade.count += 1;
            }
        }
        Ok(remade)
    }

    /// Whether any line uses a file: `is_host` and `is_client` look at what lines say.
    pub(super) fn is_used(
        &self,
        is_entry: impl Fn(&Entry) -> bool,
        is_host: impl Fn(&HostOptions) -> bool,
        is_client: impl Fn(&ClientOptions) -> bool,
    ) -> bool {
        self.binds.iter().any(|line| {
            let context = line.slot.current();
            is_host(&context.options().host) || context.entries().iter().any(&is_entry)
        }) || self.servers.iter().filter_map(Weak::upgrade).any(|slot| is_client(slot.current().options()))
    }
}
