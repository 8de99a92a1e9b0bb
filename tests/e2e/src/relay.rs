//! A relay between a TLS client and a server that sees each of the client's records, and may change or keep it.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;

use crate::listener;

/// What happens to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes to the server, as it is now.
    Passed,
    /// The server never sees it.
    Kept,
}

/// Hands one connection on to `server`. `look` gets the number of each of the client's records, from 0, and the record
/// with its header (RFC 8446 section 5.1); what the server sends goes to the client unseen.
///
/// # Panics
/// If there is no port left.
pub fn relay(server: SocketAddr, look: impl FnMut(usize, &mut [u8]) -> Fate + Send + 'static) -> SocketAddr {
    let listener = listener();
    let address = listener.local_addr().expect("a bound socket has an address");
    thread::spawn(move || {
        let (client, _) = listener.accept().expect("a client comes");
        // Whoever goes first ends it; that is no failure of the relay.
        let _ = TcpStream::connect(server).and_then(|server| hand_on(client, server, look));
    });
    address
}

fn hand_on(
    mut client: TcpStream,
    mut server: TcpStream,
    mut look: impl FnMut(usize, &mut [u8]) -> Fate,
) -> std::io::Result<()> {
    let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    let outcome = records(&mut client, &mut server, &mut look);
    let _ = server.shutdown(Shutdown::Both);
    outcome
}

fn records(
    client: &mut TcpStream,
    server: &mut TcpStream,
    look: &mut dyn FnMut(usize, &mut [u8]) -> Fate,
) -> std::io::Result<()> {
    for number in 0.. {
        let mut record = vec![0; 5];
        client.read_exact(&mut record)?;
        record.resize(5 + usize::from(u16::from_be_bytes([record[3], record[4]])), 0);
        client.read_exact(&mut record[5..])?;
        if look(number, &mut record) == Fate::Passed {
            server.write_all(&record)?;
        }
    }
    Ok(())
}
