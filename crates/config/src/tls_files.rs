//! Certificates and authorities that the configuration names, each file read once however often it is named. What is
//! wrong with them is told at the word that names them.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use diag::{Diagnostic, Diagnostics, Span, codes};
use rustc_hash::FxHashMap;
use sample::Problem;
use sample::compile::{Names, problem_of};
use syntax::Word;
use tls::load::{LoadError, LoadSettings, Loader};
use tls::verify::TrustStore;

use crate::names::NameTable;

/// What came of loading authorities.
type Trusted = Result<Arc<TrustStore>, String>;

/// Everything loaded so far.
#[derive(Default)]
pub(crate) struct TlsFiles {
    loader: RefCell<Option<Loader>>,
    trusted: RefCell<FxHashMap<Box<[u8]>, Trusted>>,
}

impl TlsFiles {
    /// Loads certificates under the settings in force; what loading warns of goes to `diags`, at `span` as well.
    ///
    /// # Errors
    /// As `work`.
    pub(crate) fn load<R>(
        &self,
        settings: LoadSettings,
        span: Span,
        diags: &mut Diagnostics,
        work: impl FnOnce(&mut Loader) -> Result<R, LoadError>,
    ) -> Result<R, Problem> {
        let mut slot = self.loader.borrow_mut();
        let loader = slot.get_or_insert_with(|| Loader::new(settings));
        loader.set_settings(settings);
        let loaded = work(loader);
        for warning in loader.warnings() {
            diags.push(Diagnostic::advice(warning.text.as_ref()).at(span).code(codes::TLS_LEFT_OUT));
        }
        loaded.map_err(|error| problem_of(codes::CERTIFICATE, span, error.to_string()))
    }

    /// The authorities of a file, a directory, or `@system-ca`.
    ///
    /// # Errors
    /// They cannot be read, or one of them is broken.
    pub(crate) fn trusted(&self, path: &[u8], names: &NameTable) -> Trusted {
        let read = |path: &Path| names.file(path.as_os_str().as_bytes()).map(|text| text.to_vec());
        let load = || TrustStore::load(Path::new(OsStr::from_bytes(path)), &read).map(Arc::new);
        self.trusted.borrow_mut().entry(path.into()).or_insert_with(load).clone()
    }
}

/// The path that a word names.
///
/// # Errors
/// It is not UTF-8.
pub(crate) fn path(word: &Word) -> Result<&str, Problem> {
    word.as_str().ok_or_else(|| {
        problem_of(codes::FILE_UNREADABLE, word.span, format!("the path `{}` is not UTF-8", word.lossy()))
    })
}

/// A directory of `global` as text; others than UTF-8 are left out, as no path below them could be named.
pub(crate) fn base(directory: Option<&[u8]>) -> Option<&str> {
    directory.and_then(|directory| std::str::from_utf8(directory).ok())
}
