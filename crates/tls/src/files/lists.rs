//! `crt-list` files and directories of certificates: shown, and changed entry by entry.

use std::sync::Arc;

use super::remake::Remade;
use super::{ChangeError, CrtListFile, FileStore, Held, Inner, ListForm, Stored};
use crate::load::{Entry, KeyPair, ListEntry, OcspUpdate};
use crate::options::HostOptions;

/// An entry that is to be added.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// What the certificate is called.
    pub certificate: Box<str>,
    /// The words in brackets.
    pub options: Vec<Box<str>>,
    /// Host names.
    pub filters: Vec<Box<str>>,
    /// Whether the certificate's OCSP answer is to be fetched; what its other uses say must not differ.
    pub ocsp_update: OcspUpdate,
}

impl FileStore {
    /// The names of all lists.
    #[must_use]
    pub fn lists(&self) -> Vec<Box<str>> {
        self.inner.lock().lists.keys().cloned().collect()
    }

    /// A list by its name.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<CrtListFile> {
        self.inner.lock().lists.get(name).cloned()
    }

    /// What the `bind` lines that use a list say about all their certificates, in the order that [`FileStore::add_to_list`]
    /// wants it.
    ///
    /// # Errors
    /// There is no such list.
    pub fn list_hosts(&self, name: &str) -> Result<Vec<HostOptions>, ChangeError> {
        let inner = self.inner.lock();
        if !inner.lists.contains_key(name) {
            return Err(ChangeError::List(format!("crt-list '{name}' does not exist!")));
        }
        Ok(inner.using(name).map(|line| line.slot.current().options().host.clone()).collect())
    }

    /// Adds a certificate to a list, at its end, and to all `bind` lines that use it; how many these are. `hosts` is what
    /// [`FileStore::list_hosts`] gave, as the entry's words changed it.
    ///
    /// # Errors
    /// There is no such list or certificate, a directory cannot have such an entry, or a line cannot use it.
    pub fn add_to_list(
        &self,
        name: &str,
        new: NewEntry,
        hosts: Vec<HostOptions>,
    ) -> Result<usize, ChangeError> {
        let mut inner = self.inner.lock();
        let pair = inner.updated_as(inner.usable(&new.certificate)?, new.ocsp_update)?;
        let list = inner.lists.get(name).ok_or(ChangeError::Unknown)?;
        check_form(list, &new)?;
        let number = list.lines.saturating_add(1);
        let NewEntry { certificate, options, filters, .. } = new;
        let listed = Arc::new(ListEntry { certificate, options, filters, number });
        let mut remade = Remade::default();
        for (line, host) in inner.using(name).zip(hosts) {
            let context = line.slot.current();
            let mut entries = context.entries().to_vec();
            entries.push(Entry {
                pair: pair.clone(),
                filters: listed.filters.clone(),
                options: Arc::new(host),
                is_default: false,
                listed: Some(listed.clone()),
            });
            remade.bind(&line.slot, context.options(), entries).map_err(ChangeError::Failed)?;
            remade.count += 1;
        }
        let count = remade.count;
        remade.apply();
        let certificate = listed.certificate.clone();
        inner.put(&certificate, Held::Pair(pair));
        if let Some(list) = inner.lists.get_mut(name) {
            list.entries.push(listed);
            list.lines = number;
        }
        Ok(count)
    }

    /// Takes a certificate off a list, and off all `bind` lines that use it. `number` is the line; it may be left out where
    /// the certificate stands on one line only.
    ///
    /// # Errors
    /// There is no such list, certificate or line; or a `bind` line needs it for clients that name no host.
    pub fn del_from_list(
        &self,
        name: &str,
        certificate: &str,
        number: Option<u32>,
    ) -> Result<(), ChangeError> {
        let mut inner = self.inner.lock();
        let told = |text: String| ChangeError::List(text);
        let list = inner.lists.get(name);
        let list = list.ok_or_else(|| told(format!("crt-list '{name}' does not exist!")))?;
        inner.usable(certificate)?;
        let listed = choose(list, name, certificate, number).map_err(told)?;
        let is_listed = |entry: &Entry| entry.listed.as_ref().is_some_and(|own| Arc::ptr_eq(own, &listed));
        let mut remade = Remade::default();
        let mut needing = Vec::new();
        for line in inner.using(name) {
            let context = line.slot.current();
            let options = context.options();
            let is_needed = context
                .entries()
                .iter()
                .enumerate()
                .any(|(at, entry)| is_listed(entry) && (at == 0 || entry.is_default));
            if is_needed && !options.is_strict_sni {
                needing.push(line.place.clone());
                continue;
            }
            let entries = context.entries().iter().filter(|entry| !is_listed(entry)).cloned().collect();
            remade.bind(&line.slot, options, entries).map_err(ChangeError::Failed)?;
        }
        if !needing.is_empty() {
            let mut text = format!(
                "certificate '{certificate}' cannot be deleted, it is used as default certificate by the following frontends:\n"
            );
            needing.iter().for_each(|place| text.push_str(&format!("\t- {place}\n")));
            return Err(told(text));
        }
        remade.apply();
        inner.generation += 1;
        if let Some(list) = inner.lists.get_mut(name) {
            list.entries.retain(|entry| !Arc::ptr_eq(entry, &listed));
        }
        Ok(())
    }
}

/// A directory has each certificate once, and says nothing about it.
fn check_form(list: &CrtListFile, new: &NewEntry) -> Result<(), ChangeError> {
    let refuse = |text: &str| Err(ChangeError::List(text.to_owned()));
    match list.form {
        ListForm::File => Ok(()),
        ListForm::Directory if list.entries.iter().any(|entry| entry.certificate == new.certificate) => {
            refuse("file already exists in this directory!")
        }
        ListForm::Directory if !new.options.is_empty() || !new.filters.is_empty() => {
            refuse("this is a directory, SSL configuration, crt-store keywords and filters are not allowed")
        }
        ListForm::Directory => Ok(()),
    }
}

/// The entry that is meant.
fn choose(
    list: &CrtListFile,
    name: &str,
    certificate: &str,
    number: Option<u32>,
) -> Result<Arc<ListEntry>, String> {
    let found: Vec<_> = list.entries.iter().filter(|entry| *entry.certificate == *certificate).collect();
    let numbers = || found.iter().map(|entry| entry.number.to_string()).collect::<Vec<_>>().join(", ");
    match (number, &found[..]) {
        (_, []) => Err(format!("certificate '{certificate}' can't be found in crt-list '{name}'!")),
        (None | Some(0), [only]) => Ok((*only).clone()),
        (None | Some(0), _) => Err(format!(
            "found the certificate '{certificate}' in several entries, please specify a line number preceded by colons ({})!",
            numbers()
        )),
        (Some(number), _) => found.iter().find(|entry| entry.number == number).map_or_else(
            || {
                Err(format!(
                    "found a certificate '{certificate}' but the line number is incorrect, please specify a correct line number preceded by colons ({})!",
                    numbers()
                ))
            },
            |entry| Ok((*entry).clone()),
        ),
    }
}

impl Inner {
    /// The `bind` lines that use a list.
    fn using(&self, name: &str) -> impl Iterator<Item = &super::BindLine> {
        self.binds.iter().filter(move |line| line.lists.iter().any(|list| **list == *name))
    }

    /// A certificate whose answer is fetched as `wanted`: itself, or one that nobody uses yet in its place.
    fn updated_as(&self, pair: Arc<KeyPair>, wanted: OcspUpdate) -> Result<Arc<KeyPair>, ChangeError> {
        let is_on = |update: OcspUpdate| match update {
            OcspUpdate::On => true,
            OcspUpdate::Off => false,
            OcspUpdate::Default => self.settings.ocsp_update == OcspUpdate::On,
        };
        if is_on(pair.source.said.ocsp_update) == is_on(wanted) {
            return Ok(pair);
        }
        if self.is_pair_used(&pair) {
            let text = format!("'{}' is in use with a different parameter 'ocsp-update'!", pair.name);
            return Err(ChangeError::List(text));
        }
        let mut changed = KeyPair::clone(&pair);
        changed.source.said.ocsp_update = wanted;
        Ok(Arc::new(changed))
    }

    /// A certificate that clients can be served with.
    fn usable(&self, certificate: &str) -> Result<Arc<KeyPair>, ChangeError> {
        let stored = self
            .certificates
            .get(certificate)
            .ok_or_else(|| ChangeError::List(format!("certificate '{certificate}' does not exist!")))?;
        if !stored.has_certificate() {
            return Err(ChangeError::List(format!("certificate '{certificate}' is empty!")));
        }
        let pair = Stored::pair(stored).cloned();
        pair.ok_or_else(|| ChangeError::List(format!("certificate '{certificate}' has no private key!")))
    }
}
