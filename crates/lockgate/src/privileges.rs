//! Giving privileges up: `chroot`, `group`, `user` (manual, chapter 3.1).
//!
//! The kernel keeps identities per thread, so all of this happens while the process has one thread; that is checked,
//! because a thread left behind with the old identity would undo it.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use config::Global;
use rustix::process::{Gid, Uid};

use crate::report::Failed;

/// Confines the process to `chroot`, if the configuration asks for it.
///
/// # Errors
/// When the directory cannot be entered or the process may not.
pub(crate) fn confine(global: &Global) -> Result<(), Failed> {
    let Some(root) = &global.chroot else { return Ok(()) };
    let path = Path::new(OsStr::from_bytes(root));
    let done = match root.as_ref() {
        b"/" => Ok(()),
        b"auto" => confine_to_nothing(),
        _ => rustix::process::chroot(path).map_err(io::Error::from),
    };
    done.and_then(|()| std::env::set_current_dir("/")).map_err(|error| {
        Failed::because(format!("cannot change the root directory to `{}`: {error}", path.display()))
    })
}

/// `chroot auto`: a directory that is empty, cannot be written to, and has no name any more.
fn confine_to_nothing() -> io::Result<()> {
    let directory = make_directory()?;
    let entered = std::env::set_current_dir(&directory);
    std::fs::remove_dir(&directory)?;
    entered?;
    Ok(rustix::process::chroot(".")?)
}

fn make_directory() -> io::Result<PathBuf> {
    for attempt in 0..100_u32 {
        let name = format!("lockgate.{}.{attempt}", std::process::id());
        let path = std::env::temp_dir().join(name);
        match std::fs::DirBuilder::new().mode(0o500).create(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Takes on the group and the user of the configuration; 0 and nothing leave them as they are.
///
/// # Errors
/// When the process may not, or when it has other threads already.
pub(crate) fn take_identity(global: &Global) -> Result<(), Failed> {
    let gid = global.gid.filter(|gid| *gid > 0);
    let uid = global.uid.filter(|uid| *uid > 0);
    if gid.is_none() && uid.is_none() {
        return Ok(());
    }
    if has_other_threads() {
        return Err(Failed::because("the user cannot be changed: threads are running already"));
    }
    if let Some(gid) = gid {
        drop_groups()?;
        rustix::thread::set_thread_gid(Gid::from_raw(gid))
            .map_err(|error| Failed::because(format!("cannot change to group {gid}: {error}")))?;
    }
    if let Some(uid) = uid {
        rustix::thread::set_thread_uid(Uid::from_raw(uid))
            .map_err(|error| Failed::because(format!("cannot change to user {uid}: {error}")))?;
    }
    Ok(())
}

/// Leaves all supplementary groups. Whoever may not has nothing that root's groups would give; a change of group that
/// is not permitted either fails next.
fn drop_groups() -> Result<(), Failed> {
    let has_some = rustix::process::getgroups().is_ok_and(|groups| !groups.is_empty());
    match rustix::thread::set_thread_groups(&[]) {
        Err(error) if has_some && rustix::process::geteuid().is_root() => {
            Err(Failed::because(format!("cannot leave the supplementary groups: {error}")))
        }
        _ => Ok(()),
    }
}

/// Unknown counts as none: `/proc` may be missing, and nothing here starts a thread earlier.
fn has_other_threads() -> bool {
    std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_asked_nothing_done() {
        assert!(confine(&Global::default()).is_ok());
        assert!(take_identity(&Global { uid: Some(0), ..Global::default() }).is_ok());
    }

    #[test]
    fn a_missing_root_is_told() {
        let global = Global { chroot: Some((*b"/nonexistent/root").into()), ..Global::default() };
        assert!(confine(&global).unwrap_err().0.iter().next().unwrap().message.contains("/nonexistent/root"));
    }
}
