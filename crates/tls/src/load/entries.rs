//! What `crt`, `default-crt` and `crt-list` add to a `bind` line.

use std::sync::Arc;

use super::crt_list::ListLine;
use super::crt_store::StoreOptions;
use super::error::LoadError;
use super::files;
use super::{Entry, Loader};
use crate::options::HostOptions;

/// The keyword of a `bind` line that names a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrtKeyword {
    /// `crt`.
    Crt,
    /// `default-crt`: its certificates answer for hosts that no other does.
    DefaultCrt,
}

/// A `crt-list` line whose brackets have been understood.
#[derive(Debug, Clone)]
pub struct Listed<'a> {
    /// The line.
    pub line: &'a ListLine,
    /// What its brackets say about files.
    pub store: StoreOptions,
    /// What they say about TLS, and what the `bind` line says where they do not.
    pub options: Arc<HostOptions>,
}

impl Loader {
    /// Adds the certificates of `crt` or `default-crt` to those of a `bind` line. `path` is complete (see
    /// [`based`](super::based)). The first certificate of a line is a default one; of a bundle, all are.
    ///
    /// # Errors
    /// As [`Loader::load`].
    pub fn crt(
        &mut self,
        keyword: CrtKeyword,
        path: &str,
        options: &Arc<HostOptions>,
        entries: &mut Vec<Entry>,
    ) -> Result<(), LoadError> {
        let is_first = entries.is_empty();
        let is_directory =
            self.known(path).is_none() && std::fs::metadata(path).is_ok_and(|found| found.is_dir());
        let pairs = self.load(path)?;
        let is_default = !is_directory && (is_first || keyword == CrtKeyword::DefaultCrt);
        entries.extend(pairs.into_iter().enumerate().map(|(place, pair)| Entry {
            pair,
            filters: Vec::new(),
            options: options.clone(),
            is_default: is_default || (is_first && place == 0),
            listed: None,
        }));
        Ok(())
    }

    /// Reads the certificates of a `crt-list` at once, which is faster than one by one. What is wrong with them is told
    /// line by line, by [`Loader::crt_list_line`].
    pub fn read_ahead_list(&mut self, lines: &[ListLine], crt_base: Option<&str>) {
        let paths: Vec<_> = lines.iter().map(|line| files::based(&line.path, crt_base)).collect();
        self.read_ahead(paths.iter().map(|path| &**path));
    }

    /// Adds the certificates of a `crt-list` line to those of a `bind` line; `crt_base` is that of `global`. The first
    /// certificate of a `bind` line is a default one.
    ///
    /// # Errors
    /// As [`Loader::listed`].
    pub fn crt_list_line(
        &mut self,
        listed: &Listed<'_>,
        crt_base: Option<&str>,
        entries: &mut Vec<Entry>,
    ) -> Result<(), LoadError> {
        for pair in self.listed(&files::based(&listed.line.path, crt_base), &listed.store)? {
            entries.push(Entry {
                pair,
                filters: listed.line.filters.clone(),
                options: listed.options.clone(),
                is_default: entries.is_empty(),
                listed: None,
            });
        }
        Ok(())
    }
}
