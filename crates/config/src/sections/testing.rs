//! Support for tests of sections: whole configurations loaded from text, with files that exist only here.

use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;

use diag::{Diagnostic, Severity, Sources};
use keyword::Sections;
use syntax::{Environment, NoFacts};

use crate::lint::Lints;
use crate::load::{Loaded, load};

const FILES: &[(&[u8], &[u8])] = &[
    (b"/etc/passwd", b"root:x:0:0::/root:/bin/sh\nweb:x:99:98::/:/bin/false\n"),
    (b"/etc/group", b"root:x:0:\nweb:x:98:\n"),
    (
        b"list.txt",
        b"# comment\nsite.pem [alpn http/1.1 ssl-min-ver TLSv1.3] www.example.com\n\
          other.pem [alpn http/1.1 ssl-min-ver TLSv1.3] *.example.com !x.example.com\nsite.pem\n",
    ),
    (b"bad-list.txt", b"site.pem\nmissing.pem\nsite.pem [ciphrs HIGH]\nsite.pem [verify required]\n"),
    (b"tickets.txt", TICKETS),
    (b"a.lua", b""),
    (b"cases.txt", b"# spellings\nx-b X-B\n"),
    (b"bad-cases.txt", b"x-b X-B\nx-c X-D\n"),
    (b"/dev/null", b""),
    (b"empty.http", b""),
    (b"sorry.http", b"HTTP/1.0 503 Sorry\r\nContent-Type: text/plain\r\n\r\nlater\n"),
];

/// Four ticket keys of 48 bytes: 1, 2, 3 and 4, each followed by zeros.
const TICKETS: &[u8] = b"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\
    AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\
    AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\
    BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";

/// Makes a directory of certificates, and makes it the current one, as certificates are read from the file system:
/// `site.pem`, `certs/site.pem` and `bundle.pem.rsa` with their keys, `certs/plain.crt` beside `certs/plain.key`, and
/// `other.pem` of another name. All tests share it.
fn enter_directory() {
    static DIRECTORY: OnceLock<tempfile::TempDir> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let made = |name: &str| {
            let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
            (made.cert.pem(), made.signing_key.serialize_pem())
        };
        let write = |name: &str, text: String| std::fs::write(path.join(name), text).unwrap();
        std::fs::create_dir(path.join("certs")).unwrap();
        let (certificate, key) = made("www.example.com");
        for name in ["site.pem", "certs/site.pem", "bundle.pem.rsa"] {
            write(name, format!("{certificate}{key}"));
        }
        write("certs/plain.crt", certificate);
        write("certs/plain.key", key);
        let (certificate, key) = made("other.example.com");
        write("other.pem", format!("{certificate}{key}"));
        std::env::set_current_dir(path).unwrap();
        directory
    });
}

/// Loads one file, which can name [`FILES`] and what [`enter_directory`] makes. Lints have tests of their own.
pub(super) fn loaded(text: &str) -> Loaded {
    loaded_with(text, Lints::Skip)
}

/// The same with lints, or without.
pub(crate) fn loaded_with(text: &str, lints: Lints) -> Loaded {
    enter_directory();
    let mut sources = Sources::new();
    let file = sources.add("test.cfg", format!("{}\n", text.trim_end_matches('\n')).into_bytes());
    let read = Box::new(|path: &[u8]| {
        let found = FILES.iter().find(|(name, _)| *name == path);
        let text = found.map(|(_, text)| text.to_vec());
        let is_own = !path.starts_with(b"/");
        let on_disk = || std::fs::read(std::ffi::OsStr::from_bytes(path)).ok().filter(|_| is_own);
        text.or_else(on_disk).ok_or_else(|| "no such file".to_owned())
    });
    load(&sources, &[file], &mut Environment::new(), &NoFacts, read, lints)
}

/// What was reported of one severity, as `line:column message -> suggestion`.
pub(super) fn told(text: &str, severity: Severity) -> Vec<String> {
    let of_it = |diagnostic: &&Diagnostic| diagnostic.severity == severity;
    loaded(text).diags.iter().filter(of_it).map(shown).collect()
}

/// The notes to everything that was reported.
pub(super) fn notes(text: &str) -> Vec<String> {
    loaded(text).diags.iter().flat_map(|diagnostic| diagnostic.notes.clone()).collect()
}

/// A diagnostic as `line:column message -> suggestion`.
pub(super) fn shown(diagnostic: &Diagnostic) -> String {
    let place = diagnostic.span.map(|span| format!("{}:{} ", span.line, span.column)).unwrap_or_default();
    let suggestion = diagnostic.suggestion.as_ref().map(|text| format!(" -> {text}")).unwrap_or_default();
    format!("{place}{}{suggestion}", diagnostic.message)
}

/// The errors of a text.
pub(crate) fn errors(text: &str) -> Vec<String> {
    told(text, Severity::Error)
}

/// The errors of a text, without those about what is not built yet.
pub(super) fn mistakes(text: &str) -> Vec<String> {
    errors(text).into_iter().filter(|error| !error.ends_with("is known, but not built yet")).collect()
}

/// The warnings of a text.
pub(crate) fn warnings(text: &str) -> Vec<String> {
    told(text, Severity::Warning)
}

/// The notices of a text.
pub(super) fn notices(text: &str) -> Vec<String> {
    told(text, Severity::Notice)
}

/// Loads a text that must have no errors, but may ask for what is not built yet.
pub(crate) fn good(text: &str) -> crate::model::Config {
    let loaded = loaded(text);
    let errors = mistakes(text);
    assert!(errors.is_empty(), "{text}\n{}", errors.join("\n"));
    loaded.config
}

/// A whole configuration around `line`, in the first kind of section that it may stand in.
pub(super) fn section_for(sections: Sections, line: &str) -> String {
    let kinds = [Sections::LISTEN, Sections::FRONTEND, Sections::BACKEND, Sections::DEFAULTS];
    let kind = kinds.into_iter().find(|kind| sections.contains(*kind)).unwrap_or(Sections::LISTEN);
    let servers = if kind == Sections::FRONTEND { "" } else { "  server s1 127.0.0.1:8001\n" };
    let header =
        format!("{kind} x\n  mode http\n  timeout client 1s\n  timeout connect 1s\n  timeout server 1s\n");
    let bind = if kind == Sections::BACKEND { "" } else { "  bind 127.0.0.1:8000\n" };
    format!(
        "http-errors pages\n  errorfile 503 /dev/null\ncache images\nfcgi-app php\nbackend be\n  mode http\n  stick-table type ip size 10\n  \
         server s1 127.0.0.1:8002\n{header}{bind}{servers}  {line}\n"
    )
}
