//! The names of a whole configuration, collected before its lines are parsed, so that a name may be used before the
//! section it belongs to.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use base::{Lossy, ProxyId, ServerId};
use keyword::Sections;
use rules::ErrorTable;
use rustc_hash::{FxHashMap, FxHashSet};
use sample::compile::{AclTest, Names, ProxyName};
use state::pattern::PatternRefs;
use state::proxy::Sides;

use crate::model::{CheckScript, Config};
use crate::tls_files::TlsFiles;

/// One proxy's names.
#[derive(Debug)]
pub struct ProxyNames {
    /// Its name.
    pub name: Box<[u8]>,
    /// Which sides it has.
    pub sides: Sides,
    /// Its servers' names, by [`ServerId`].
    pub servers: Vec<Box<[u8]>>,
}

/// Proxies and servers that lines name.
#[derive(Debug, Default, Clone)]
pub struct References {
    proxies: FxHashSet<ProxyId>,
    servers: FxHashSet<(ProxyId, ServerId)>,
}

impl References {
    /// Whether some line names this proxy.
    #[must_use]
    pub fn has_proxy(&self, proxy: ProxyId) -> bool {
        self.proxies.contains(&proxy)
    }

    /// Whether some line names this server.
    #[must_use]
    pub fn has_server(&self, proxy: ProxyId, server: ServerId) -> bool {
        self.servers.contains(&(proxy, server))
    }
}

/// Reads a file for the configuration; the test suite and `-c` in a bare root give their own.
pub type ReadFile = dyn Fn(&[u8]) -> Result<Vec<u8>, String>;

/// What came of reading a file.
pub(crate) type FileRead = Result<Arc<[u8]>, String>;

/// `http-errors` and `healthcheck` sections by their names, and the names of sections of other kinds.
pub(crate) type SectionNames =
    (BTreeMap<Box<[u8]>, Arc<ErrorTable>>, Vec<(Box<[u8]>, Arc<CheckScript>)>, Vec<(Sections, Box<[u8]>)>);

/// All names.
pub struct NameTable {
    proxies: Vec<ProxyNames>,
    frontends: FxHashMap<Box<[u8]>, ProxyId>,
    backends: FxHashMap<Box<[u8]>, ProxyId>,
    userlists: Vec<Box<[u8]>>,
    errors: BTreeMap<Box<[u8]>, Arc<ErrorTable>>,
    rings: Vec<Box<[u8]>>,
    sections: Vec<(Sections, Box<[u8]>)>,
    healthchecks: Vec<(Box<[u8]>, Arc<CheckScript>)>,
    files: RefCell<FxHashMap<Box<[u8]>, FileRead>>,
    patterns: RefCell<PatternRefs>,
    references: RefCell<References>,
    file_names: Vec<(diag::FileId, String)>,
    read: Box<ReadFile>,
    environment: syntax::Environment,
    tls_files: TlsFiles,
}

impl NameTable {
    /// No names yet; files are read by `read`.
    #[must_use]
    pub fn new(read: Box<ReadFile>) -> Self {
        NameTable {
            proxies: Vec::new(),
            frontends: FxHashMap::default(),
            backends: FxHashMap::default(),
            userlists: Vec::new(),
            errors: BTreeMap::new(),
            rings: Vec::new(),
            sections: Vec::new(),
            healthchecks: Vec::new(),
            files: RefCell::default(),
            patterns: RefCell::default(),
            references: RefCell::default(),
            file_names: Vec::new(),
            read,
            environment: syntax::Environment::new(),
            tls_files: TlsFiles::default(),
        }
    }

    /// The names of a configuration that runs, for lines that come later. Sections of other kinds than proxies, lists of
    /// users and rings are not known any more.
    #[must_use]
    pub fn of(config: &Config, read: Box<ReadFile>) -> Self {
        let mut names = NameTable::new(read);
        // Certificates and authorities must have been loaded: that is how HAProxy does it, and all users of a file share it.
        names.tls_files = TlsFiles::running(config.tls_files.clone());
        names.set_environment(config.environment.clone());
        for proxy in config.proxies.iter().chain(&config.later) {
            // One that is called as another was told of when the files were read.
            let _ = names.add_proxy(proxy.name.as_bytes(), proxy.sides);
            proxy.servers.iter().for_each(|server| names.add_server(server.name.as_bytes()));
        }
        for list in &config.userlists {
            names.add_userlist(list.name().as_bytes());
        }
        config.rings.iter().for_each(|ring| names.add_ring(ring.name.as_bytes()));
        names
    }

    /// What was read of the files that `words` name.
    pub(crate) fn files_among(&self, words: &FxHashSet<&[u8]>) -> FxHashMap<Box<[u8]>, FileRead> {
        let files = self.files.borrow();
        let named = files.iter().filter(|(path, _)| words.contains(&***path));
        named.map(|(path, read)| (path.clone(), read.clone())).collect()
    }

    /// What lines that come later may name of sections: [`NameTable::know_sections`] takes it.
    pub(crate) fn sections_for_later(&self) -> SectionNames {
        (self.errors.clone(), self.healthchecks.clone(), self.sections.clone())
    }

    /// Knows these sections of a configuration that runs as well.
    pub(crate) fn know_sections(&mut self, sections: &SectionNames) {
        (self.errors, self.healthchecks, self.sections) = sections.clone();
    }

    /// Knows what was read of these files.
    pub(crate) fn know_files(&mut self, files: &FxHashMap<Box<[u8]>, FileRead>) {
        self.files = RefCell::new(files.clone());
    }

    /// Knows the lists of patterns that a running configuration has: lines that name their files share them.
    pub(crate) fn know_patterns(&mut self, patterns: &PatternRefs) {
        self.patterns = RefCell::new(patterns.clone());
    }

    /// What lines named so far.
    #[must_use]
    pub(crate) fn take_references(&self) -> References {
        self.references.take()
    }

    /// Certificates and authorities.
    pub(crate) fn tls_files(&self) -> &TlsFiles {
        &self.tls_files
    }

    /// Keeps the environment as the whole configuration left it, for `env()`.
    pub fn set_environment(&mut self, environment: syntax::Environment) {
        self.environment = environment;
    }

    /// Keeps the names of the configuration's files, for descriptions of places.
    pub fn set_file_names(&mut self, names: Vec<(diag::FileId, String)>) {
        self.file_names = names;
    }

    /// The lists of patterns that ACLs and maps declared, numbered; none are left here.
    #[must_use]
    pub fn take_patterns(&self) -> PatternRefs {
        let mut patterns = self.patterns.take();
        patterns.number();
        patterns
    }

    /// Adds a proxy section. A frontend and a backend may share a name; otherwise the first one keeps it and its id
    /// is returned as the error.
    ///
    /// # Errors
    /// The id of the section that has the name already.
    pub fn add_proxy(&mut self, name: &[u8], sides: Sides) -> Result<ProxyId, ProxyId> {
        let id = ProxyId::from_index(self.proxies.len());
        self.proxies.push(ProxyNames { name: name.into(), sides, servers: Vec::new() });
        let mut taken = None;
        for (has, table) in
            [(sides.has_frontend(), &mut self.frontends), (sides.has_backend(), &mut self.backends)]
        {
            if has {
                let first = *table.entry(name.into()).or_insert(id);
                if first != id {
                    taken = Some(first);
                }
            }
        }
        taken.map_or(Ok(id), Err)
    }

    /// Adds a server to the proxy added last.
    pub fn add_server(&mut self, name: &[u8]) {
        if let Some(proxy) = self.proxies.last_mut() {
            proxy.servers.push(name.into());
        }
    }

    /// Adds a `userlist`; returns its place.
    pub fn add_userlist(&mut self, name: &[u8]) -> usize {
        self.userlists.push(name.into());
        self.userlists.len() - 1
    }

    /// Adds a `ring`.
    pub fn add_ring(&mut self, name: &[u8]) {
        self.rings.push(name.into());
    }

    /// Adds a section of a kind that has no list of its own (`resolvers`, `peers`, `cache` ...).
    pub fn add_section(&mut self, kind: Sections, name: &[u8]) {
        self.sections.push((kind, name.into()));
    }

    /// Keeps what the `healthcheck` sections describe, by name.
    pub(crate) fn set_healthchecks(&mut self, healthchecks: Vec<(Box<[u8]>, Arc<CheckScript>)>) {
        self.healthchecks = healthchecks;
    }

    /// The check that a `healthcheck` section describes.
    #[must_use]
    pub fn healthcheck(&self, name: &[u8]) -> Option<Arc<CheckScript>> {
        self.healthchecks.iter().find(|(known, _)| **known == *name).map(|(_, script)| script.clone())
    }

    /// Whether there is such a section.
    #[must_use]
    pub fn has_section(&self, kind: Sections, name: &[u8]) -> bool {
        self.sections.iter().any(|(other, known)| *other == kind && **known == *name)
    }

    /// The names of the sections of a kind, for suggestions.
    pub fn section_names(&self, kind: Sections) -> impl Iterator<Item = String> {
        self.sections.iter().filter(move |(other, _)| *other == kind).map(|(_, name)| Lossy(name).to_string())
    }

    /// The number of a `log-profile` section among all of them.
    #[must_use]
    pub fn log_profile(&self, name: &[u8]) -> Option<usize> {
        let profiles = self.sections.iter().filter(|(kind, _)| *kind == Sections::LOG_PROFILE);
        profiles.map(|(_, known)| known).position(|known| **known == *name)
    }

    /// The number of a `resolvers` section among all of them.
    #[must_use]
    pub fn resolvers(&self, name: &[u8]) -> Option<usize> {
        let sections = self.sections.iter().filter(|(kind, _)| *kind == Sections::RESOLVERS);
        sections.map(|(_, known)| known).position(|known| **known == *name)
    }

    /// Adds an `http-errors` section once it has been parsed.
    pub fn add_http_errors(&mut self, name: &[u8], table: ErrorTable) {
        self.errors.insert(name.into(), Arc::new(table));
    }

    /// An `http-errors` section.
    #[must_use]
    pub fn http_errors(&self, name: &[u8]) -> Option<Arc<ErrorTable>> {
        self.errors.get(name).cloned()
    }

    /// Whether a `ring` section is called `name`.
    #[must_use]
    pub fn has_ring(&self, name: &[u8]) -> bool {
        self.rings.iter().any(|ring| **ring == *name)
    }

    /// The names of the `http-errors` sections, for suggestions.
    pub fn http_errors_names(&self) -> impl Iterator<Item = String> {
        self.errors.keys().map(|name| Lossy(name).to_string())
    }

    /// The names of the `ring` sections, for suggestions.
    pub fn ring_names(&self) -> impl Iterator<Item = String> {
        self.rings.iter().map(|name| Lossy(name).to_string())
    }

    /// All proxies by id.
    #[must_use]
    pub fn proxies(&self) -> &[ProxyNames] {
        &self.proxies
    }
}

impl Names for NameTable {
    fn proxy(&self, name: &[u8], side: Sides) -> Option<ProxyName> {
        let id = match side {
            Sides::Frontend => self.frontends.get(name),
            Sides::Backend => self.backends.get(name),
            Sides::Both => self.backends.get(name).or_else(|| self.frontends.get(name)),
        }?;
        self.references.borrow_mut().proxies.insert(*id);
        Some(ProxyName { id: *id, sides: self.proxies[id.index()].sides })
    }

    fn server(&self, proxy: ProxyId, name: &[u8]) -> Option<ServerId> {
        let servers = &self.proxies.get(proxy.index())?.servers;
        let found = servers.iter().position(|server| **server == *name).map(ServerId::from_index)?;
        self.references.borrow_mut().servers.insert((proxy, found));
        Some(found)
    }

    fn userlist(&self, name: &[u8]) -> Option<usize> {
        self.userlists.iter().position(|list| **list == *name)
    }

    fn file(&self, path: &[u8]) -> Result<Arc<[u8]>, String> {
        let mut files = self.files.borrow_mut();
        files.entry(path.into()).or_insert_with(|| (self.read)(path).map(Arc::from)).clone()
    }

    fn token_store(&self) -> Option<Arc<tls::files::FileStore>> {
        Some(self.tls_files.store().clone())
    }

    fn token_certificate(&self, name: &str) -> Result<(), String> {
        self.tls_files.for_tokens(name)
    }

    fn acl(&self, _: &[u8]) -> Option<Arc<dyn AclTest>> {
        None
    }

    fn patterns(&self) -> Option<&RefCell<PatternRefs>> {
        Some(&self.patterns)
    }

    fn place(&self, span: diag::Span) -> String {
        let file = self.file_names.iter().find(|(file, _)| *file == span.file);
        format!("file '{}' line {}", file.map_or("", |(_, name)| name), span.line)
    }

    fn environment(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.environment.get(name).map(<[u8]>::to_vec)
    }

    fn proxy_names(&self) -> Vec<String> {
        self.proxies.iter().map(|proxy| Lossy(&proxy.name).to_string()).collect()
    }
}

impl std::fmt::Debug for NameTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NameTable").field("proxies", &self.proxies).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frontend_and_a_backend_may_share_a_name() {
        let mut names = NameTable::new(Box::new(|_| Err(String::new())));
        assert_eq!(names.add_proxy(b"a", Sides::Frontend), Ok(ProxyId(0)));
        assert_eq!(names.add_proxy(b"a", Sides::Backend), Ok(ProxyId(1)));
        names.add_server(b"s1");
        assert_eq!(names.add_proxy(b"a", Sides::Both), Err(ProxyId(1)));
        assert_eq!(names.proxy(b"a", Sides::Backend).unwrap().id, ProxyId(1));
        assert_eq!(names.server(ProxyId(1), b"s1"), Some(ServerId(0)));
    }
}
