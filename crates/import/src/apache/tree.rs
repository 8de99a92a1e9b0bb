//! Where the files are: on disk, below a root directory or not, or in memory.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Files as Apache names them.
pub trait Tree {
    /// The bytes of a file.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// The names in a directory, in any order.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    fn list(&self, directory: &str) -> io::Result<Vec<String>>;

    /// Whether this is a directory.
    fn is_directory(&self, path: &str) -> bool;

    /// How a path is shown to people, so that they can open it.
    fn shown(&self, path: &str) -> String;

    /// A variable of the environment that Apache would have.
    fn variable(&self, name: &str) -> Option<String>;
}

/// The largest file that is read: configurations are far smaller, devices and logs by mistake are not.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Files on disk.
#[derive(Debug)]
pub struct Disk {
    root: Option<PathBuf>,
    /// The first file as Apache would name it, and as it was typed.
    start: (String, PathBuf),
}

impl Disk {
    /// Absolute paths are below `root`; `file` is a path from here, below `root` or not.
    pub fn new(file: &Path, root: Option<&Path>) -> Self {
        let inside = root.and_then(|root| file.strip_prefix(root).ok());
        let name = match inside {
            Some(inside) => format!("/{}", inside.display()),
            None => file.display().to_string(),
        };
        Self { root: root.map(Path::to_owned), start: (name, file.to_owned()) }
    }

    /// The first file as Apache would name it.
    pub fn start(&self) -> &str {
        &self.start.0
    }

    fn real(&self, path: &str) -> PathBuf {
        if path == self.start.0 {
            return self.start.1.clone();
        }
        match &self.root {
            Some(root) if path.starts_with('/') => root.join(inside(path)),
            _ => PathBuf::from(path),
        }
    }
}

/// A path without its first slash, in which `..` never leads out.
fn inside(path: &str) -> PathBuf {
    let mut out = PathBuf::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(name) => out.push(name),
            Component::ParentDir => {
                out.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
        }
    }
    out
}

impl Tree for Disk {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let real = self.real(path);
        let found = fs::metadata(&real)?;
        if found.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !found.is_file() || found.len() > FILE_BYTES_MAX {
            return Err(io::Error::other("not an ordinary file of at most 16 MiB"));
        }
        fs::read(real)
    }

    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        let directory = if directory.is_empty() { "." } else { directory };
        let entries = fs::read_dir(self.real(directory))?;
        Ok(entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect())
    }

    fn is_directory(&self, path: &str) -> bool {
        self.real(path).is_dir()
    }

    fn shown(&self, path: &str) -> String {
        self.real(path).display().to_string()
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_paths_stay_below_the_root() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("etc")).unwrap();
        fs::write(directory.path().join("etc/a.conf"), "Listen 80\n").unwrap();
        let disk = Disk::new(&directory.path().join("etc/a.conf"), Some(directory.path()));
        assert_eq!(disk.start(), "/etc/a.conf");
        assert_eq!(disk.read("/etc/../../etc/a.conf").unwrap(), b"Listen 80\n");
        assert_eq!(disk.list("/etc").unwrap(), ["a.conf"]);
        assert!(disk.is_directory("/etc") && !disk.is_directory("/usr"));
        assert!(disk.read("/etc").is_err());
    }

    #[test]
    fn without_a_root_paths_are_what_they_are() {
        let disk = Disk::new(Path::new("site.conf"), None);
        assert_eq!((disk.start(), disk.shown("/x/y")), ("site.conf", "/x/y".to_owned()));
    }
}
