//! The importer as a whole, on files in memory.

use std::collections::BTreeMap;
use std::io;

use super::{Converted, Tree, convert_from};

/// Files by their paths.
pub(super) struct Memory(BTreeMap<String, String>);

impl Tree for Memory {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let found = self.0.get(path).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(found.clone().into_bytes())
    }

    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        let start = if directory.ends_with('/') { directory.to_owned() } else { format!("{directory}/") };
        let inside = self.0.keys().filter_map(|path| path.strip_prefix(&start));
        let mut names: Vec<String> = inside.filter_map(|rest| rest.split('/').next()).map(str::to_owned).collect();
        names.dedup();
        if names.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(names) }
    }

    fn is_directory(&self, path: &str) -> bool {
        self.list(path).is_ok()
    }

    fn shown(&self, path: &str) -> String {
        path.to_owned()
    }

    fn variable(&self, name: &str) -> Option<String> {
        (name == "FROM_OUTSIDE").then(|| "9999".to_owned())
    }
}

fn files(files: &[(&str, &str)]) -> Converted {
    let memory = Memory(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect());
    convert_from(&memory, files[0].0).unwrap()
}

fn one(text: &str) -> Converted {
    files(&[("/etc/apache2/site.conf", text)])
}
