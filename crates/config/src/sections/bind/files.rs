//! Certificates that `bind` lines name: `crt`, `default-crt`, `crt-list` and `ssl-f-use` (chapters 4.2 and 5.1).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use diag::{Diagnostic, Span, codes};
use rustc_hash::FxHashMap;
use sample::Problem;
use sample::compile::{Names, problem_of};
use syntax::Word;
use tls::files::ListForm;
use tls::load::crt_list::{self, ListLine};
use tls::load::{CrtKeyword, Entry, Listed, StoreOptions, based};
use tls::options::{HostOptions, Verify};

use super::host::{self, Files};
use crate::context::ProxyParse;
use crate::tls_files::{base, path};

/// Adds what `crt` or `default-crt` names: a file, a directory, an alias of a `crt-store` (`@store/name`), or a bundle.
pub(crate) fn certificate(
    word: &Word,
    keyword: CrtKeyword,
    options: &Arc<HostOptions>,
    (entries, lists): (&mut Vec<Entry>, &mut Vec<Box<str>>),
    parse: &mut ProxyParse<'_>,
) -> Result<(), Problem> {
    let path = based(path(word)?, base(parse.global.crt_base.as_deref()));
    let (names, settings) = (parse.cx.names, parse.global.tls.load);
    let files = names.tls_files();
    let before = entries.len();
    files.load(settings, word.span, parse.cx.diags, |loader| loader.crt(keyword, &path, options, entries))?;
    if std::fs::metadata(&*path).is_ok_and(|found| found.is_dir()) {
        let name = path.trim_end_matches('/');
        files.list(name, ListForm::Directory, 0);
        let line = ListLine { path: "".into(), options: Vec::new(), filters: Vec::new(), number: 0 };
        files.listed(name, &line, &mut entries[before..]);
        lists.push(name.into());
    }
    Ok(())
}

/// Adds the certificates of a `crt-list`, with what its lines say about each; the first problem of each line is
/// reported. A directory will do as well.
pub(crate) fn list(
    word: &Word,
    options: &Arc<HostOptions>,
    (entries, lists): (&mut Vec<Entry>, &mut Vec<Box<str>>),
    parse: &mut ProxyParse<'_>,
) -> Result<(), Problem> {
    if self::entries(&word.text).is_some() {
        return certificate(word, CrtKeyword::Crt, options, (entries, lists), parse);
    }
    let text = parse.cx.names.file(&word.text).map_err(|error| {
        problem_of(
            codes::FILE_UNREADABLE,
            word.span,
            format!("the list of certificates `{}` cannot be read: {error}", word.lossy()),
        )
    })?;
    let list = crt_list::parse(path(word)?, &text);
    for warning in list.warnings {
        parse.cx.warn(word.span, warning.to_string());
    }
    for error in list.errors {
        parse.cx.diags.push(Diagnostic::error(error.to_string()).at(word.span).code(codes::FILE_MALFORMED));
    }
    read_ahead(&list.lines, word.span, parse)?;
    let name = path(word)?.trim_end_matches('/');
    let count = text.trim_ascii_end().split(|byte| *byte == b'\n').count();
    let files = parse.cx.names.tls_files();
    files.list(name, ListForm::File, u32::try_from(count).unwrap_or(u32::MAX));
    lists.push(name.into());
    let mut known = Known::default();
    for line in &list.lines {
        let before = entries.len();
        // Words of the list's file have no place in the configuration's.
        let words: Vec<Word> =
            line.options.iter().map(|text| Word { text: text.as_bytes().to_vec(), ..word.clone() }).collect();
        if let Err(mut problem) = add(line, &words, word.span, (options, &mut known), entries, parse) {
            problem.message = format!("[{}:{}]: {}", word.lossy(), line.number, problem.message);
            problem.span = Some(word.span);
            parse.cx.report(problem);
        }
        files.listed(name, line, &mut entries[before..]);
    }
    Ok(())
}

/// Reads all certificates of a list at once, which is faster than line by line; what is wrong is told at its line.
fn read_ahead(lines: &[ListLine], span: Span, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let crt_base = base(parse.global.crt_base.as_deref());
    let files = parse.cx.names.tls_files();
    files.load(parse.global.tls.load, span, parse.cx.diags, |loader| {
        loader.read_ahead_list(lines, crt_base);
        Ok(())
    })
}

/// What is said about certificates, by the words that say it: certificates that are served alike share it.
type Known = FxHashMap<Vec<Vec<u8>>, (Arc<HostOptions>, StoreOptions)>;

/// Adds the certificate of a `crt-list` line, or of `ssl-f-use`, that says `words` about it beside what the `bind`
/// line says.
fn add(
    line: &ListLine,
    words: &[Word],
    span: Span,
    (bind, known): (&Arc<HostOptions>, &mut Known),
    entries: &mut Vec<Entry>,
    parse: &mut ProxyParse<'_>,
) -> Result<(), Problem> {
    let names = parse.cx.names;
    let key: Vec<Vec<u8>> = words.iter().map(|word| word.text.clone()).collect();
    let (options, store) = match known.get(&key) {
        Some(said) => said.clone(),
        None if words.is_empty() => (bind.clone(), StoreOptions::default()),
        None => {
            let files = Files { names, ca_base: parse.global.ca_base.as_deref() };
            let mut host = HostOptions::clone(bind);
            let store = host::read_words(words, &mut host, files)?;
            check_verify(&host, span)?;
            known.entry(key).or_insert((Arc::new(host), store)).clone()
        }
    };
    let listed = Listed { line, store, options };
    let crt_base = base(parse.global.crt_base.as_deref());
    let settings = parse.global.tls.load;
    names
        .tls_files()
        .load(settings, span, parse.cx.diags, |loader| loader.crt_list_line(&listed, crt_base, entries))
}

/// Whoever asks clients for certificates must know who may have signed them.
pub(crate) fn check_verify(host: &HostOptions, span: Span) -> Result<(), Problem> {
    let is_verifying = host.verify.is_some_and(|verify| verify != Verify::None);
    if is_verifying && host.ca_file.is_none() && host.ca_verify_file.is_none() {
        return Err(problem_of(
            codes::CERTIFICATE,
            span,
            "`verify` checks clients' certificates, but there is no `ca-file`",
        ));
    }
    Ok(())
}

/// An `ssl-f-use` line: a certificate for all TLS `bind` lines of its proxy.
#[derive(Debug, Clone)]
pub struct FrontendUse {
    line: ListLine,
    words: Vec<Word>,
    span: Span,
}

impl FrontendUse {
    /// Reads the words behind `ssl-f-use`, which begins at `span`.
    ///
    /// # Errors
    /// `crt` is missing, and what a word finds wrong.
    pub(crate) fn read(words: &[Word], span: Span, parse: &ProxyParse<'_>) -> Result<FrontendUse, Problem> {
        let files = Files { names: parse.cx.names, ca_base: parse.global.ca_base.as_deref() };
        let store = host::read_words(words, &mut HostOptions::default(), files)?;
        let Some(path) = store.crt else {
            return Err(problem_of(
                codes::MISSING_ARGUMENT,
                span,
                "`crt` and the certificate's file are missing",
            ));
        };
        let line = ListLine { path, options: Vec::new(), filters: Vec::new(), number: span.line };
        Ok(FrontendUse { line, words: words.to_vec(), span })
    }

    /// Adds its certificate to those of a `bind` line.
    ///
    /// # Errors
    /// The certificate cannot be loaded.
    pub(crate) fn add(
        &self,
        options: &Arc<HostOptions>,
        entries: &mut Vec<Entry>,
        parse: &mut ProxyParse<'_>,
    ) -> Result<(), Problem> {
        add(&self.line, &self.words, self.span, (options, &mut Known::default()), entries, parse)
    }
}

/// The files of a directory, sorted; `None`: it is none.
pub(crate) fn entries(path: &[u8]) -> Option<Vec<Vec<u8>>> {
    let directory = std::fs::read_dir(Path::new(OsStr::from_bytes(path))).ok()?;
    let files = directory.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
    let mut entries: Vec<Vec<u8>> = files.map(|path| path.into_os_string().into_encoded_bytes()).collect();
    entries.sort_unstable();
    Some(entries)
}
