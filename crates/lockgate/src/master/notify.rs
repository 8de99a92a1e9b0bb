//! Telling systemd how the master is (sd_notify(3)): one datagram of assignments to the socket in `$NOTIFY_SOCKET`.

use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// The variable that names the socket.
pub(super) const VARIABLE: &str = "NOTIFY_SOCKET";

/// Whom to notify; nobody without `-Ws` or the variable.
#[derive(Debug, Default)]
pub(super) struct Notifier(Option<(UnixDatagram, SocketAddr)>);

impl Notifier {
    /// The socket called `name`: a path, or `@` and a name without one. Nobody, where that is no such thing.
    pub(super) fn new(name: Option<&OsStr>) -> Self {
        let address = name.and_then(|name| match name.as_bytes() {
            [b'@', rest @ ..] => SocketAddr::from_abstract_name(rest).ok(),
            [b'/', ..] => SocketAddr::from_pathname(name).ok(),
            _ => None,
        });
        let socket = UnixDatagram::unbound().and_then(|socket| socket.set_nonblocking(true).map(|()| socket));
        Notifier(address.and_then(|address| Some((socket.ok()?, address))))
    }

    /// The worker serves.
    pub(super) fn ready(&self) {
        self.send(&format!("READY=1\nMAINPID={}\nSTATUS=Ready.\n", std::process::id()));
    }

    /// A reload begins.
    pub(super) fn reloading(&self) {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let usec = i128::from(time.tv_sec) * 1_000_000 + i128::from(time.tv_nsec) / 1_000;
        self.send(&format!("RELOADING=1\nMONOTONIC_USEC={usec}\nSTATUS=Reloading Configuration.\n"));
    }

    /// A reload failed; what ran before still does.
    pub(super) fn reload_failed(&self) {
        self.send("READY=1\nSTATUS=Reload failed!\n");
    }

    /// The end begins.
    pub(super) fn stopping(&self) {
        self.send("STOPPING=1\n");
    }

    /// Nobody waits for systemd: what it does not take is lost.
    fn send(&self, text: &str) {
        if let Some((socket, address)) = &self.0 {
            let _ = socket.send_to_addr(text.as_bytes(), address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(socket: &UnixDatagram) -> String {
        let mut bytes = [0; 256];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    #[test]
    fn either_kind_of_socket_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let notifier = Notifier::new(Some(path.as_os_str()));
        notifier.ready();
        assert!(received(&socket).contains("READY=1\nMAINPID="));
        notifier.reloading();
        assert!(received(&socket).starts_with("RELOADING=1\nMONOTONIC_USEC="));

        let name = format!("lockgate-notify-{}", std::process::id());
        let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        Notifier::new(Some(OsStr::new(&format!("@{name}")))).stopping();
        assert_eq!(received(&socket), "STOPPING=1\n");
    }

    #[test]
    fn nobody_is_told_nothing() {
        Notifier::new(None).ready();
        Notifier::new(Some(OsStr::new("vsock:2:1"))).ready();
        Notifier::new(Some(OsStr::new("/nonexistent/notify"))).ready();
    }
}
