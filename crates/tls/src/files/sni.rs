//! Which server names are answered with which certificates (`show ssl sni`).

use super::FileStore;
use crate::load::{Entry, KeyKind};
use crate::store::Filter;
use crate::x509::Cert;

/// A name and its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SniRow {
    /// The proxy and the place of the `bind` line: `name/file:line`.
    pub line: Box<str>,
    /// The proxy.
    pub proxy: Box<str>,
    /// The name; `*.example.com` for all names of a domain, `*` for those that no other entry has.
    pub name: Box<str>,
    /// The names that are taken out of it.
    pub excluded: Vec<Box<str>>,
    /// The kind of the certificate's key.
    pub kind: KeyKind,
    /// What the certificate is called.
    pub certificate: Box<str>,
    /// When it begins to be valid, as OpenSSL writes times.
    pub not_before: Box<str>,
    /// When it ends.
    pub not_after: Box<str>,
    /// When it ends, seconds since 1970.
    pub not_after_s: i64,
}

impl FileStore {
    /// All names of the `bind` lines of a proxy, or of all of them: line by line, wildcards behind the others.
    #[must_use]
    pub fn sni(&self, proxy: Option<&str>) -> Vec<SniRow> {
        let lines = self.inner.lock().binds.clone();
        let mut rows = Vec::new();
        for line in lines.iter().filter(|line| proxy.is_none_or(|name| *line.proxy == *name)) {
            let place = format!("{}/{}", line.proxy, line.place);
            let context = line.slot.current();
            let mut of_line = Vec::new();
            for (at, entry) in context.entries().iter().enumerate() {
                add(entry, at == 0 || entry.is_default, (&place, &line.proxy), &mut of_line);
            }
            of_line.sort_by(|(is_wild, a), (other_is_wild, b): &(bool, SniRow)| {
                (is_wild, &a.name).cmp(&(other_is_wild, &b.name))
            });
            rows.extend(of_line.into_iter().map(|(_, row)| row));
        }
        rows
    }
}

/// Adds the rows of an entry, and whether each is a wildcard.
fn add(entry: &Entry, is_default: bool, (line, proxy): (&str, &str), rows: &mut Vec<(bool, SniRow)>) {
    let names = if entry.filters.is_empty() { &entry.pair.names } else { &entry.filters };
    let filters: Vec<Filter> = names.iter().filter_map(|name| Filter::parse(name)).collect();
    let excluded: Vec<Box<str>> = filters.iter().filter_map(Filter::excluded).collect();
    let cert = entry.pair.chain.first().and_then(|der| Cert::parse(der));
    let time = |text: Option<String>| text.unwrap_or_default().into_boxed_str();
    let row = |name: Box<str>, excluded: &[Box<str>]| SniRow {
        line: line.into(),
        proxy: proxy.into(),
        name,
        excluded: excluded.to_vec(),
        kind: entry.pair.kind,
        certificate: entry.pair.name.clone(),
        not_before: time(cert.as_ref().and_then(|cert| cert.not_before().long())),
        not_after: time(cert.as_ref().and_then(|cert| cert.not_after().long())),
        not_after_s: entry.pair.not_after,
    };
    let mut has_default = false;
    for filter in filters {
        match filter {
            Filter::Exact(name) => rows.push((false, row(name, &[]))),
            Filter::Wild(name) => rows.push((true, row(format!("*{name}").into(), &excluded))),
            Filter::Default => has_default = true,
            Filter::Excluded(_) => {}
        }
    }
    if has_default || is_default {
        rows.push((true, row("*".into(), &excluded)));
    }
}
