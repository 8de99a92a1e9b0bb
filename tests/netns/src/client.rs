//! Clients inside a namespace, with an address of their choice.

use std::io;
use std::net::{SocketAddr, TcpStream};

use e2e::{Peer, Response};
use rustix::net::{AddressFamily, SocketType, bind, connect as connect_socket, socket};

use crate::Netns;

/// Connects from inside a namespace.
///
/// # Panics
/// If the connection is refused, or `to` is no address.
pub fn connect(from: &Netns, to: &str) -> Peer {
    let to = address(to);
    from.enter(|| Peer::connect(to))
}

/// Connects from a local address; port 0 leaves the port to the kernel. Belongs on a thread inside the namespace.
///
/// # Errors
/// As the socket says.
pub fn connect_from(local: SocketAddr, to: SocketAddr) -> io::Result<TcpStream> {
    let family = if to.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let new = socket(family, SocketType::STREAM, None)?;
    bind(&new, &local)?;
    connect_socket(&new, &to)?;
    Ok(TcpStream::from(new))
}

/// `GET target` on a connection of its own.
///
/// # Panics
/// As [`connect`] does, and if there is no well-formed response.
pub fn get(from: &Netns, to: &str, target: &str) -> Response {
    ask(connect(from, to), to, target)
}

/// The same from a local address, `10.0.0.9:0` or `[fd00::9]:0`.
///
/// # Panics
/// As [`get`] does.
pub fn get_from(from: &Netns, local: &str, to: &str, target: &str) -> Response {
    let (local, to_address) = (address(local), address(to));
    let stream = from
        .enter(|| connect_from(local, to_address))
        .unwrap_or_else(|error| panic!("{local} to {to}: {error}"));
    ask(Peer::new(stream), to, target)
}

fn ask(mut peer: Peer, to: &str, target: &str) -> Response {
    peer.send(format!("GET {target} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\r\n"));
    peer.response()
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no address with a port"))
}
