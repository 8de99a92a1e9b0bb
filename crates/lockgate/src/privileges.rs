//! Giving privileges up: `chroot`, `group`, `user`, and keeping some: `setcap` (manual, chapter 3.1).
//!
//! The kernel keeps identities per thread, so all of this happens while the process has one thread; that is checked,
//! because a thread left behind with the old identity would undo it.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use config::model::Capability;
use config::{Config, Global};
use rustix::process::{Gid, Uid};
use rustix::thread::{CapabilitySet, CapabilitySets};

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

/// Takes on the group and the user of the configuration; 0 and nothing leave them as they are. The capabilities of
/// `setcap` are kept, or, for whoever is not root, put to use where the program's file grants them.
///
/// # Errors
/// When the process may not, when it has other threads already, or when the new user could not do what the
/// configuration asks for.
pub(crate) fn take_identity(config: &Config) -> Result<(), Failed> {
    let global = &config.global;
    let gid = global.gid.filter(|gid| *gid > 0);
    let uid = global.uid.filter(|uid| *uid > 0);
    let kept = capabilities(global);
    if gid.is_none() && uid.is_none() {
        return if rustix::process::geteuid().is_root() { Ok(()) } else { raise(kept) };
    }
    if uid.is_some() && uses_foreign_addresses(config) && !keeps_foreign_addresses(global) {
        return Err(Failed::because(
            "`usesrc` needs a capability that `user` gives up: add `setcap cap_net_raw` to `global`, or leave `user` out",
        ));
    }
    if has_other_threads() {
        return Err(Failed::because("the user cannot be changed: threads are running already"));
    }
    if let Some(gid) = gid {
        drop_groups()?;
        rustix::thread::set_thread_gid(Gid::from_raw(gid))
            .map_err(|error| Failed::because(format!("cannot change to group {gid}: {error}")))?;
    }
    let Some(uid) = uid else { return Ok(()) };
    let is_root = rustix::process::geteuid().is_root();
    if is_root && !kept.is_empty() {
        rustix::thread::set_keep_capabilities(true).map_err(|error| not_kept(kept, error))?;
    }
    rustix::thread::set_thread_uid(Uid::from_raw(uid))
        .map_err(|error| Failed::because(format!("cannot change to user {uid}: {error}")))?;
    if is_root && !kept.is_empty() {
        let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
        return rustix::thread::set_capabilities(None, sets).map_err(|error| not_kept(kept, error));
    }
    raise(kept)
}

fn not_kept(kept: CapabilitySet, error: rustix::io::Errno) -> Failed {
    Failed::because(format!("the capabilities of `setcap` cannot be kept ({kept:?}): {error}"))
}

/// Puts to use what `setcap` names and this user may have; what it may not have is missed where it is needed.
fn raise(wanted: CapabilitySet) -> Result<(), Failed> {
    if wanted.is_empty() {
        return Ok(());
    }
    let mut sets = rustix::thread::capabilities(None).map_err(|error| not_kept(wanted, error))?;
    sets.effective |= sets.permitted & wanted;
    rustix::thread::set_capabilities(None, sets).map_err(|error| not_kept(wanted, error))
}

/// What `setcap` names.
fn capabilities(global: &Global) -> CapabilitySet {
    global.capabilities.iter().fold(CapabilitySet::empty(), |set, one| {
        set | match one {
            Capability::NetRaw => CapabilitySet::NET_RAW,
            Capability::NetAdmin => CapabilitySet::NET_ADMIN,
            Capability::NetBindService => CapabilitySet::NET_BIND_SERVICE,
            Capability::SysAdmin => CapabilitySet::SYS_ADMIN,
        }
    })
}

/// Whether `setcap` keeps what sockets with foreign addresses need.
pub(crate) fn keeps_foreign_addresses(global: &Global) -> bool {
    capabilities(global).intersects(CapabilitySet::NET_RAW | CapabilitySet::NET_ADMIN)
}

/// Whether connections are made from foreign addresses while the process runs.
fn uses_foreign_addresses(config: &Config) -> bool {
    config
        .proxies
        .iter()
        .filter(|proxy| !proxy.is_disabled)
        .any(|proxy| proxy.usesrc.is_some() || proxy.servers.iter().any(|server| server.usesrc.is_some()))
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
        let global = Global { uid: Some(0), ..Global::default() };
        assert!(take_identity(&Config { global, ..Config::default() }).is_ok());
    }

    #[test]
    fn a_missing_root_is_told() {
        let global = Global { chroot: Some((*b"/nonexistent/root").into()), ..Global::default() };
        assert!(confine(&global).unwrap_err().0.iter().next().unwrap().message.contains("/nonexistent/root"));
    }

    #[test]
    fn foreign_addresses_need_a_capability_that_is_kept() {
        let span = diag::Span { file: diag::FileId(0), line: 1, column: 1, len: 1 };
        let sides = state::proxy::Sides::Backend;
        let mut proxy = config::ProxyConfig::new(base::ProxyId(0), "b".into(), sides, span);
        proxy.usesrc = Some(config::model::UseSrc::ClientIp);
        let global = Global { uid: Some(1), ..Global::default() };
        let refused = take_identity(&Config { global, proxies: vec![proxy], ..Config::default() });
        assert!(refused.unwrap_err().0.iter().next().unwrap().message.contains("setcap cap_net_raw"));
        let kept = Global { capabilities: vec![Capability::NetRaw], ..Global::default() };
        assert!(keeps_foreign_addresses(&kept) && !keeps_foreign_addresses(&Global::default()));
    }
}
