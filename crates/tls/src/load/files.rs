//! Files beside a certificate (`ssl-load-extra-files`, `ssl-load-extra-del-ext`), where paths begin (`crt-base`), and
//! reading with a bound.

use std::borrow::Cow;
use std::fs::File;
use std::io::{ErrorKind, Read as _};

use super::error::LoadError;

/// What a file with certificates may take at most; more than any real one.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// The endings of a bundle's files, in the order in which they are loaded.
pub(crate) const BUNDLE: [&str; 3] = [".dsa", ".ecdsa", ".rsa"];

/// `ssl-load-extra-files`: what is looked for beside a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtraFiles {
    /// `FILE.dsa`, `FILE.ecdsa` and `FILE.rsa` where there is no `FILE`.
    pub bundle: bool,
    /// `FILE.sctl`.
    pub sctl: bool,
    /// `FILE.ocsp`.
    pub ocsp: bool,
    /// `FILE.issuer`.
    pub issuer: bool,
    /// `FILE.key`.
    pub key: bool,
}

impl ExtraFiles {
    /// All of them, which is the default.
    pub const ALL: ExtraFiles = ExtraFiles { bundle: true, sctl: true, ocsp: true, issuer: true, key: true };
    /// None of them.
    pub const NONE: ExtraFiles =
        ExtraFiles { bundle: false, sctl: false, ocsp: false, issuer: false, key: false };

    /// What the words behind `ssl-load-extra-files` say.
    ///
    /// # Errors
    /// An unknown word, none at all, or `none` or `all` beside others.
    pub fn parse(words: &[&str]) -> Result<ExtraFiles, String> {
        match words {
            [] => {
                return Err("expects one or several of none, all, bundle, sctl, ocsp, issuer, key".to_owned());
            }
            ["none"] => return Ok(ExtraFiles::NONE),
            ["all"] => return Ok(ExtraFiles::ALL),
            _ => {}
        }
        let mut extra = ExtraFiles::NONE;
        for word in words {
            match *word {
                "bundle" => extra.bundle = true,
                "sctl" => extra.sctl = true,
                "ocsp" => extra.ocsp = true,
                "issuer" => extra.issuer = true,
                "key" => extra.key = true,
                "none" | "all" => return Err(format!("'{word}' can only stand alone")),
                _ => return Err(format!("'{word}' is none of none, all, bundle, sctl, ocsp, issuer, key")),
            }
        }
        Ok(extra)
    }
}

impl Default for ExtraFiles {
    fn default() -> Self {
        ExtraFiles::ALL
    }
}

/// `ssl-load-extra-del-ext`: how the names of files beside a certificate are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExtraNames {
    /// The ending is added: `site.crt.key`.
    #[default]
    Added,
    /// It takes the place of `.crt`: `site.key`.
    InsteadOfCrt,
}

impl ExtraNames {
    /// The name of the file beside `path` with this ending.
    pub(crate) fn beside(self, path: &str, ending: &str) -> String {
        let stem = match self {
            ExtraNames::Added => path,
            ExtraNames::InsteadOfCrt => path.strip_suffix(".crt").unwrap_or(path),
        };
        format!("{stem}{ending}")
    }
}

/// `path` below `base` (`crt-base`, `key-base`), unless it is absolute or names what was loaded (`@store/alias`).
#[must_use]
pub fn based<'a>(path: &'a str, base: Option<&str>) -> Cow<'a, str> {
    match base {
        Some(base) if !base.is_empty() && !path.starts_with(['/', '@']) => format!("{base}/{path}").into(),
        Some(_) | None => path.into(),
    }
}

/// Whether there is such a file or directory, of whatever kind.
pub(crate) fn exists(path: &str) -> bool {
    std::fs::metadata(path).is_ok()
}

/// All of a file.
pub(crate) fn read(path: &str) -> Result<Vec<u8>, LoadError> {
    let unreadable = |reason: String| LoadError::Unreadable { path: path.into(), reason: reason.into() };
    let file = File::open(path).map_err(|error| {
        if error.kind() == ErrorKind::NotFound {
            LoadError::Missing { path: path.into(), bundle: "" }
        } else {
            unreadable(error.to_string())
        }
    })?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(unreadable(format!("it is larger than {} MiB", FILE_BYTES_MAX >> 20)));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_files_are_named_one_by_one_or_all_at_once() {
        assert_eq!(ExtraFiles::parse(&["all"]), Ok(ExtraFiles::ALL));
        assert_eq!(ExtraFiles::parse(&["none"]), Ok(ExtraFiles::NONE));
        let two = ExtraFiles { key: true, ocsp: true, ..ExtraFiles::NONE };
        assert_eq!(ExtraFiles::parse(&["ocsp", "key"]), Ok(two));
        for words in [&[][..], &["all", "key"], &["key", "none"], &["keys"]] {
            assert!(ExtraFiles::parse(words).is_err(), "{words:?}");
        }
    }

    #[test]
    fn only_crt_gives_way_to_an_ending() {
        assert_eq!(ExtraNames::Added.beside("a.crt", ".key"), "a.crt.key");
        assert_eq!(ExtraNames::InsteadOfCrt.beside("a.crt", ".key"), "a.key");
        assert_eq!(ExtraNames::InsteadOfCrt.beside("a.pem", ".key"), "a.pem.key");
    }

    #[test]
    fn only_relative_paths_get_a_base() {
        assert_eq!(based("a", Some("/base")), "/base/a");
        for path in ["/a", "@web/a"] {
            assert_eq!(based(path, Some("/base")), path);
        }
        assert_eq!((based("a", None), based("a", Some(""))), ("a".into(), "a".into()));
    }
}
