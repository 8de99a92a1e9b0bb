//! Servers that get another name while the process runs (management guide, chapter 9.3, `set server ... name`).
//!
//! A server that is renamed is in maintenance, and nothing in the configuration calls it by its name: what names a
//! server there would not be true any more.

use state::server::ADMIN_OUT;
use state::{Proxy, Server};

use crate::added::is_referred_to;
use crate::check;
use crate::shared::Shared;

/// Bytes that a name may have.
const NAME_BYTES_MAX: usize = 63;

/// Why a server keeps its name, in the words that tools look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RenameError {
    /// There is something else than letters, digits, `-`, `_`, `.` and `:` in it.
    #[error("Server name contains invalid characters.")]
    Characters,
    /// It is too long.
    #[error("Server name too long.")]
    Length,
    /// The server works.
    #[error("Server must be in maintenance mode to be renamed (set server <b>/<s> state maint).")]
    Working,
    /// The configuration names it.
    #[error("Cannot rename: server's name is statically referenced (use-server, track, or sample argument).")]
    Referred,
    /// Another one has the name.
    #[error("A server with the same name already exists in this backend.")]
    Taken,
}

/// Gives a server another name. Its number, its counters and who holds it stay.
///
/// # Errors
/// Why it keeps the one that it has.
pub fn rename_server(shared: &Shared, proxy: &Proxy, server: &Server, name: &str) -> Result<(), RenameError> {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    if !name.bytes().all(is_good) {
        return Err(RenameError::Characters);
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(RenameError::Length);
    }
    if server.admin() & ADMIN_OUT == 0 {
        return Err(RenameError::Working);
    }
    if is_referred_to(shared, server) {
        return Err(RenameError::Referred);
    }
    if &*server.name == name {
        return Ok(());
    }
    let before = {
        let _changing = proxy.changing.lock();
        if proxy.servers.load().named(name.as_bytes()).is_some() {
            return Err(RenameError::Taken);
        }
        let before = server.name.to_boxed();
        server.name.set(name);
        before
    };
    check::notice(shared, &format!("Server {}/{name} renamed from '{before}'.", proxy.name));
    Ok(())
}
