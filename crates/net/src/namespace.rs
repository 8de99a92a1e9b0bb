//! Network namespaces of Linux by the names that `ip netns` gives them: sockets that are made in another one than this
//! process runs in (configuration manual, chapters 5.1 and 5.2 "namespace").
//!
//! A socket belongs to the namespace that its thread was in when it was made. [`Namespace::within`] moves the calling
//! thread there and back again; no other thread notices, and no task runs in between.
//!
//! Source: setns(2), network_namespaces(7).

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::OnceLock;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// Where `ip netns add` leaves a handle of each.
const DIRECTORY: &str = "/var/run/netns";

/// The namespace of this process, to come back to.
static HOME: OnceLock<OwnedFd> = OnceLock::new();

/// A namespace that sockets can be made in. It stays usable when its name is removed.
#[derive(Debug)]
pub struct Namespace {
    name: Box<str>,
    handle: OwnedFd,
}

impl PartialEq for Namespace {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Namespace {}

impl Namespace {
    /// Opens the namespace of this name. What is called home from then on is where the calling thread is at the first call
    /// in this process.
    ///
    /// # Errors
    /// `NotFound` when nothing has this name, `InvalidInput` for one that leads out of the directory of names,
    /// `PermissionDenied`.
    pub fn open(name: &str) -> io::Result<Namespace> {
        if name.is_empty() || name.contains('/') || matches!(name, "." | "..") {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if HOME.get().is_none() {
            let home = File::open("/proc/thread-self/ns/net")?;
            // Another thread that was as fast opened the same.
            let _ = HOME.set(home.into());
        }
        let handle = File::open(format!("{DIRECTORY}/{name}"))?.into();
        Ok(Namespace { name: name.into(), handle })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Does `make` in this namespace and comes back.
    ///
    /// # Errors
    /// `PermissionDenied` without `CAP_SYS_ADMIN`, `InvalidInput` when the name was that of something else; and what
    /// `make` returns.
    ///
    /// # Panics
    /// When there is no way back: the thread would make all its sockets in the wrong place from then on.
    pub fn within<T>(&self, make: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let home = HOME.get().expect("opened before this namespace was");
        move_into_link_name_space(self.handle.as_fd(), Some(LinkNameSpaceType::Network))?;
        let _back = Back(home);
        make()
    }
}

/// Brings the thread home, also when what it did panics.
struct Back(&'static OwnedFd);

impl Drop for Back {
    fn drop(&mut self) {
        move_into_link_name_space(self.0.as_fd(), Some(LinkNameSpaceType::Network))
            .expect("a thread that may leave its namespace may come back");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_their_directory() {
        for name in ["", ".", "..", "a/b", "/proc/self/ns/net"] {
            assert_eq!(Namespace::open(name).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{name}");
        }
        assert_eq!(Namespace::open("lockgate-test-nowhere").unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
