//! Apache httpd 2.4 configurations (its manual: "Configuration Files", "Reverse Proxy Guide", mod_proxy and the modules
//! around it).
//!
//! ```text
//! files -> lines (lexer) -> directives and sections, Include and If... followed (reader) -> servers (collect) -> text (write)
//! ```
//!
//! The written file has a frontend for each set of `Listen` lines that lead to the same virtual hosts, and a backend for
//! each worker or balancer. A frontend goes through Apache's own phases in Apache's order: virtual host, mod_rewrite,
//! ProxyPass, Redirect, access, request headers, the proxy itself; then the answer's headers.

mod collect;
mod condition;
mod expr;
mod lexer;
mod model;
mod pattern;
mod reader;
#[cfg(test)]
mod tests;
mod tree;
mod value;
mod write;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use tree::{Disk, Tree};

/// A line of one of the files.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file, as it can be opened from here.
    pub file: Arc<str>,
    /// The line, from 1; the first one where lines are continued.
    pub line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Something that was not carried over, or not in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands.
    pub place: Place,
    /// What it is, and what happens instead.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// What an Apache configuration became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// The configuration, with the problems as comments at its end.
    pub text: String,
    /// What is not in it, in the order of the files' lines.
    pub problems: Vec<Problem>,
}

/// The first file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {error}")]
pub struct Unreadable {
    /// The file.
    path: String,
    /// Why.
    #[source]
    error: std::io::Error,
}

/// Reads `file` and what it includes, and writes it as a configuration of ours. Absolute paths in the files are looked up
/// below `root`, if there is one; they are written without it.
///
/// # Errors
/// `file` itself cannot be read. Whatever else is wrong is among the problems.
pub fn convert(file: &Path, root: Option<&Path>) -> Result<Converted, Unreadable> {
    let disk = Disk::new(file, root);
    let start = disk.start().to_owned();
    convert_from(&disk, &start)
}

/// The same for files that are somewhere else than on disk; `file` is a path that `tree` knows.
///
/// # Errors
/// As [`convert`].
pub fn convert_from(tree: &dyn Tree, file: &str) -> Result<Converted, Unreadable> {
    let unreadable = |error| Unreadable { path: tree.shown(file), error };
    let read = reader::read(tree, file).map_err(unreadable)?;
    let mut problems = read.problems;
    let config = collect::collect(tree, read.items, read.server_root, &mut problems);
    let text = write::write(tree, &config, &mut problems);
    problems.sort_by(|a, b| a.place.cmp(&b.place));
    problems.dedup();
    let text = text + &write::trailer(&problems);
    Ok(Converted { text, problems })
}
