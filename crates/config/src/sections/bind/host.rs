//! Words about TLS that `bind` lines have in common with the brackets of `crt-list` lines and with `ssl-f-use`
//! (chapter 5.1 "crt-list").

use std::sync::Arc;

use diag::codes;
use sample::Problem;
use sample::compile::{Names, problem, problem_of};
use syntax::Word;
use tls::load::StoreOptions;
use tls::options::{HostOptions, Verify};
use tls::verify::{RevocationLists, TrustStore};
use tls::version::{Version, VersionRange};

use crate::names::NameTable;
use crate::sections::value;

/// Where files of authorities are.
#[derive(Clone, Copy)]
pub(crate) struct Files<'f> {
    pub(crate) names: &'f NameTable,
    /// `ca-base`.
    pub(crate) ca_base: Option<&'f [u8]>,
}

/// Sets what the word says; one without a value gets itself.
type Set = fn(&Word, &mut HostOptions, Files<'_>) -> Result<(), Problem>;

/// One of the words.
pub(crate) struct HostWord {
    name: &'static str,
    /// What its value is; `None`: it has none.
    pub(crate) value: Option<&'static str>,
    pub(crate) set: Set,
}

/// The word of this name.
pub(crate) fn find(name: &str) -> Option<&'static HostWord> {
    WORDS.iter().find(|word| word.name == name)
}

static WORDS: &[HostWord] = &[
    flag("allow-0rtt", |_, host, _| {
        host.allows_early_data = true;
        Ok(())
    }),
    valued("alpn", "a list of protocols", |word, host, _| {
        host.alpn = Some(protocols(word)?);
        Ok(())
    }),
    flag("no-alpn", |_, host, _| {
        host.alpn = Some(Vec::new());
        Ok(())
    }),
    valued("npn", "a list of protocols", |word, _, _| protocols(word).map(drop)),
    valued("ca-file", "the file", |word, host, files| {
        host.ca_file = Some(trusted(word, files)?);
        Ok(())
    }),
    valued("ca-verify-file", "the file", |word, host, files| {
        host.ca_verify_file = Some(trusted(word, files)?);
        Ok(())
    }),
    valued("crl-file", "the file", |word, host, files| {
        host.crls = Some(revoked(word, files)?);
        Ok(())
    }),
    valued("ciphers", "a list of ciphers", |word, host, _| text(word, &mut host.algorithms.ciphers)),
    valued("ciphersuites", "a list of cipher suites", |word, host, _| {
        text(word, &mut host.algorithms.ciphersuites)
    }),
    valued("curves", "a list of curves", |word, host, _| text(word, &mut host.algorithms.curves)),
    valued("ecdhe", "a curve", |word, host, _| text(word, &mut host.ecdhe)),
    valued("sigalgs", "a list of signature algorithms", |word, host, _| {
        text(word, &mut host.algorithms.sigalgs)
    }),
    valued("client-sigalgs", "a list of signature algorithms", |word, host, _| {
        text(word, &mut host.algorithms.client_sigalgs)
    }),
    valued("ssl-min-ver", VERSION, |word, host, _| {
        host.versions.min = Some(version(word)?);
        Ok(())
    }),
    valued("ssl-max-ver", VERSION, |word, host, _| {
        host.versions.max = Some(version(word)?);
        Ok(())
    }),
    valued("verify", "`none`, `optional` or `required`", |word, host, _| {
        const METHODS: [Verify; 3] = [Verify::None, Verify::Optional, Verify::Required];
        host.verify = Some(METHODS[value::choice_of("verify", word, &["none", "optional", "required"])?]);
        Ok(())
    }),
    flag("no-ca-names", |_, host, _| {
        host.hides_ca_names = true;
        Ok(())
    }),
    valued("ktls", "`on` or `off`", |word, _, _| value::on_off(word).map(drop)),
];

/// What is missing where a version is.
pub(crate) const VERSION: &str = "a version, as in `TLSv1.2`,";

const fn flag(name: &'static str, set: Set) -> HostWord {
    HostWord { name, value: None, set }
}

const fn valued(name: &'static str, value: &'static str, set: Set) -> HostWord {
    HostWord { name, value: Some(value), set }
}

/// The version that a word names.
pub(crate) fn version(word: &Word) -> Result<Version, Problem> {
    Ok(Version::ALL[value::choice(word, &Version::ALL.map(Version::name))?])
}

/// `no-tlsv12`, `force-tlsv13` and their relatives.
///
/// # Errors
/// The word is none of them.
pub(crate) fn version_option(word: &Word, versions: &mut VersionRange) -> Result<(), Problem> {
    const NAMES: [&str; 5] = ["sslv3", "tlsv10", "tlsv11", "tlsv12", "tlsv13"];
    let text = word.as_str().unwrap_or_default();
    let named = |prefix: &str| {
        let name = text.strip_prefix(prefix)?;
        NAMES.iter().position(|known| *known == name).map(|at| Version::ALL[at])
    };
    match (named("no-"), named("force-")) {
        (Some(version), _) => versions.remove(version),
        (None, Some(version)) => versions.force(version),
        (None, None) => return Err(problem(word.span, format!("`{text}` says nothing about a version"))),
    }
    Ok(())
}

/// The protocols of a comma-separated list.
///
/// # Errors
/// An empty one, or one of more than 255 bytes.
pub(crate) fn protocols(word: &Word) -> Result<Vec<Box<[u8]>>, Problem> {
    let parts: Vec<Box<[u8]>> = word.text.split(|byte| *byte == b',').map(Box::from).collect();
    if parts.iter().all(|part| (1..=255).contains(&part.len())) {
        return Ok(parts);
    }
    Err(problem(word.span, format!("a protocol of `{}` is empty or too long", word.lossy())))
}

/// A list in OpenSSL's notation.
pub(crate) fn text(word: &Word, slot: &mut Option<Box<str>>) -> Result<(), Problem> {
    *slot = Some(value::text(word));
    Ok(())
}

/// The authorities of a file, a directory below `ca-base`, or `@system-ca`.
pub(crate) fn trusted(word: &Word, files: Files<'_>) -> Result<Arc<TrustStore>, Problem> {
    let path = match word.text.starts_with(b"@") {
        true => word.text.clone(),
        false => value::under(files.ca_base, &word.text),
    };
    files.names.tls_files().trusted(&path, files.names).map_err(|error| {
        problem_of(
            codes::CERTIFICATE,
            word.span,
            format!("the authorities of `{}` cannot be loaded: {error}", base::Lossy(&path)),
        )
    })
}

/// The lists of revoked certificates in a file, or in the files of a directory, below `ca-base`.
pub(crate) fn revoked(word: &Word, files: Files<'_>) -> Result<Arc<RevocationLists>, Problem> {
    let path = value::under(files.ca_base, &word.text);
    let loaded = files.names.tls_files().revoked(&path, || load_revoked(word, &path, files))?;
    loaded.map_err(|why| problem_of(codes::CERTIFICATE, word.span, why))
}

fn load_revoked(word: &Word, path: &[u8], files: Files<'_>) -> Result<Arc<RevocationLists>, Problem> {
    let read = |path: &[u8]| {
        let list = files.names.file(path).map_err(|error| {
            problem_of(
                codes::FILE_UNREADABLE,
                word.span,
                format!("the file `{}` cannot be read: {error}", base::Lossy(path)),
            )
        })?;
        RevocationLists::parse(std::slice::from_ref(&list)).map_err(|why| {
            problem_of(codes::UNKNOWN_WORD, word.span, format!("`{}`: {why}", base::Lossy(path)))
        })
    };
    let Some(entries) = super::files::entries(path) else { return read(path).map(Arc::new) };
    let mut lists = RevocationLists::default();
    for entry in &entries {
        lists.extend(&read(entry)?);
    }
    Ok(Arc::new(lists))
}

/// Reads the words between brackets: those about files go to the first of the result, the others change `host`.
///
/// # Errors
/// An unknown word, and what a word finds wrong; all at their places.
pub(crate) fn read_words(
    words: &[Word],
    host: &mut HostOptions,
    files: Files<'_>,
) -> Result<StoreOptions, Problem> {
    let mut store = StoreOptions::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let name = word.as_str().unwrap_or_default();
        let mut value = |what: &str| {
            rest.next().ok_or_else(|| {
                problem_of(codes::MISSING_ARGUMENT, word.span, format!("{what} is missing behind `{name}`"))
            })
        };
        match find(name) {
            Some(HostWord { value: None, set, .. }) => set(word, host, files)?,
            Some(HostWord { value: Some(what), set, .. }) => set(value(what)?, host, files)?,
            None if is_store_word(name) => {
                let value = value("a value")?;
                store
                    .set(name, value.as_str().unwrap_or_default())
                    .map_err(|error| problem(value.span, error))?;
            }
            None if LATER.contains(&name) => drop(value("a value")?),
            None => return Err(unknown(word)),
        }
    }
    Ok(store)
}

/// Words with a value about making or renewing certificates, which is not done yet.
pub(crate) const LATER: &[&str] = &["acme", "domains", "ips", "generate-dummy", "keytype", "bits", "curves"];

/// Words of a `crt-store` that may stand here.
fn is_store_word(name: &str) -> bool {
    StoreOptions::KEYWORDS.contains(&name) && name != "alias"
}

fn unknown(word: &Word) -> Problem {
    let text = word.lossy().to_string();
    let mut problem =
        problem_of(codes::UNKNOWN_WORD, word.span, format!("unknown word `{text}` for a certificate"));
    let known = WORDS.iter().map(|word| word.name).chain(StoreOptions::KEYWORDS);
    problem.suggestion = diag::nearest(&text, known).map(str::to_owned);
    problem
}
