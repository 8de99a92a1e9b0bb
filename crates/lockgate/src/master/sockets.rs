//! The master's sockets (`-S`): an address and `bind` words behind commas, read as the `stats socket` line that says the
//! same.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use ::control::StatsListener;
use config::Lints;
use config::model::BindAddress;
use diag::{Diagnostics, Sources};
use syntax::Environment;

use crate::facts::ProgramFacts;
use crate::options::Options;

/// Binds all sockets of the command line. Who connects is an administrator unless the words say otherwise.
///
/// # Errors
/// What is wrong with the words, or keeps an address from being bound.
pub(super) fn bind(options: &Options) -> Result<Vec<StatsListener>, (Diagnostics, Sources)> {
    let mut listeners = Vec::new();
    for given in &options.master_sockets {
        listeners.extend(bind_one(given, options)?);
    }
    Ok(listeners)
}

fn bind_one(given: &OsString, options: &Options) -> Result<Vec<StatsListener>, (Diagnostics, Sources)> {
    let mut sources = Sources::new();
    let file = sources.add("-S", line(given.as_bytes()));
    let facts = ProgramFacts::new(options);
    let mut env = Environment::new();
    let read = |_: &[u8]| Err("files are not read here".to_owned());
    let loaded = config::load(&sources, &[file], &mut env, &facts, Box::new(read), Lints::Skip);
    if loaded.diags.has_errors() {
        return Err((loaded.diags, sources));
    }
    let listeners = ::control::bind(&loaded.config).map_err(|diags| (diags, sources))?;
    // The listeners are duplicates; a worker must not inherit the originals.
    for socket in &loaded.config.global.stats_sockets {
        if let BindAddress::Inherited(fd) = socket.address {
            net::listen::close_inherited(fd);
        }
    }
    Ok(listeners)
}

/// The line that means the same; each word in quotes, so that it stays what it is.
fn line(given: &[u8]) -> Vec<u8> {
    let mut text = b"global\n    stats socket".to_vec();
    let mut words: Vec<&[u8]> = given.split(|byte| *byte == b',').collect();
    if !words.contains(&&b"level"[..]) {
        words.extend([&b"level"[..], b"admin"]);
    }
    for word in words {
        text.extend_from_slice(b" '");
        // Quotes cannot stand between quotes; a line's end would end it.
        text.extend(word.iter().filter(|byte| !matches!(byte, b'\'' | b'\n' | b'\0')));
        text.push(b'\'');
    }
    text.push(b'\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::control::Level;

    fn bound(word: &str) -> Result<Vec<StatsListener>, String> {
        let options = Options { master_sockets: vec![word.into()], ..Options::default() };
        bind(&options).map_err(|(diags, _)| diags.iter().map(|d| d.message.clone()).collect())
    }

    #[test]
    fn words_stand_behind_commas() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m.sock");
        let listeners = bound(&format!("{},mode,600,level,operator", path.display())).unwrap();
        assert_eq!((listeners.len(), listeners[0].level), (1, Level::Operator));
        assert!(path.exists());
        let other = dir.path().join("other.sock");
        assert_eq!(bound(&other.to_string_lossy()).unwrap()[0].level, Level::Admin);
    }

    #[test]
    fn nonsense_is_told() {
        let path = tempfile::tempdir().unwrap().path().join("m.sock");
        assert!(bound(&format!("{},modus,600", path.display())).is_err());
        assert!(bound("/nonexistent/dir/socket").unwrap_err().contains("/nonexistent/dir/socket"));
    }
}
