//! Support for tests of sections: whole configurations loaded from text, with files that exist only here.

use diag::{Severity, Sources};
use syntax::{Environment, Facts, OpensslVersion, Version};

use crate::load::{Loaded, load};

/// A machine without any feature.
struct NoFacts;

impl Facts for NoFacts {
    fn version(&self) -> Version {
        Version::parse(b"3.5").unwrap()
    }
    fn feature(&self, _: &str) -> bool {
        false
    }
    fn enabled(&self, _: &str) -> bool {
        false
    }
    fn ssllib_name(&self) -> Option<&str> {
        None
    }
    fn openssl_version(&self) -> Option<OpensslVersion> {
        None
    }
    fn awslc_api(&self) -> Option<u32> {
        None
    }
}

const FILES: &[(&[u8], &[u8])] = &[
    (b"/etc/passwd", b"root:x:0:0::/root:/bin/sh\nweb:x:99:98::/:/bin/false\n"),
    (b"/etc/group", b"root:x:0:\nweb:x:98:\n"),
    (b"site.pem", b""),
    (b"/certs/site.pem", b""),
    (b"bundle.pem.rsa", b""),
    (b"list.txt", b"# comment\nsite.pem [alpn h2] www.example.com\n"),
    (b"bad-list.txt", b"site.pem\nmissing.pem\n"),
    (b"a.lua", b""),
    (b"empty.http", b""),
    (b"sorry.http", b"HTTP/1.0 503 Sorry\r\nContent-Type: text/plain\r\n\r\nlater\n"),
];

/// Loads one file, which can name [`FILES`].
pub(super) fn loaded(text: &str) -> Loaded {
    let mut sources = Sources::new();
    let file = sources.add("test.cfg", text.as_bytes().to_vec());
    let read = Box::new(|path: &[u8]| {
        let found = FILES.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| text.to_vec()).ok_or_else(|| "no such file".to_owned())
    });
    load(&sources, &[file], &mut Environment::new(), &NoFacts, read)
}

/// What was reported of one severity, as `line:column message -> suggestion`.
pub(super) fn told(text: &str, severity: Severity) -> Vec<String> {
    let of_it = |diagnostic: &&diag::Diagnostic| diagnostic.severity == severity;
    let shown = |diagnostic: &diag::Diagnostic| {
        let place = diagnostic.span.map(|span| format!("{}:{} ", span.line, span.column)).unwrap_or_default();
        let suggestion = diagnostic.suggestion.as_ref().map(|text| format!(" -> {text}")).unwrap_or_default();
        format!("{place}{}{suggestion}", diagnostic.message)
    };
    loaded(text).diags.iter().filter(of_it).map(shown).collect()
}

/// The errors of a text.
pub(super) fn errors(text: &str) -> Vec<String> {
    told(text, Severity::Error)
}

/// The warnings of a text.
pub(super) fn warnings(text: &str) -> Vec<String> {
    told(text, Severity::Warning)
}

/// The notices of a text.
pub(super) fn notices(text: &str) -> Vec<String> {
    told(text, Severity::Notice)
}

/// Loads a text that must have no errors.
pub(super) fn good(text: &str) -> crate::model::Config {
    let loaded = loaded(text);
    let errors = errors(text);
    assert!(errors.is_empty(), "{text}\n{}", errors.join("\n"));
    loaded.config
}
