//! An HTTP server inside a namespace that answers with what it saw: the client's address, its own, the request's head.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use e2e::Response;

use crate::Netns;

/// Enough for a head and an answer; thousands of clients may be held at once.
const STACK_BYTES: usize = 64 * 1024;

type Open = Arc<Mutex<Vec<TcpStream>>>;

/// A server that listens until this goes away. Connections are kept alive; request bodies are not read.
#[derive(Debug)]
pub struct Origin {
    listener: Arc<TcpListener>,
    open: Open,
}

/// What an [`Origin`] saw of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Who asked.
    pub client: SocketAddr,
    /// The address that was asked.
    pub local: SocketAddr,
    /// The request's head as it came.
    pub head: String,
}

impl Origin {
    /// Starts one on an address with a port.
    ///
    /// # Panics
    /// If it cannot listen there.
    pub fn start(inside: &Netns, address: &str) -> Self {
        let address: SocketAddr = address.parse().unwrap_or_else(|_| panic!("`{address}` is no address"));
        let listener = inside
            .enter(|| TcpListener::bind(address))
            .unwrap_or_else(|error| panic!("{}: {address}: {error}", inside.name()));
        let listener = Arc::new(listener);
        let open = Open::default();
        let (accepting, kept) = (Arc::clone(&listener), Arc::clone(&open));
        thread::spawn(move || accept(&accepting, &kept));
        Self { listener, open }
    }

    /// Where it listens.
    ///
    /// # Panics
    /// If the socket is gone.
    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().expect("a listening socket has an address")
    }

    /// How many connections it has open. A closed one counts until the next comes.
    pub fn connections(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        // Wakes the thread that accepts; it ends then.
        let _ = rustix::net::shutdown(&*self.listener, rustix::net::Shutdown::Both);
        for stream in self.open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Seen {
    /// Reads an origin's answer.
    ///
    /// # Panics
    /// If it is not an origin's.
    pub fn of(response: &Response) -> Self {
        let body = String::from_utf8_lossy(&response.body).into_owned();
        let mut parts = body.splitn(3, '\n');
        let mut address = |name: &str| {
            let line = parts.next().and_then(|line| line.strip_prefix(name)?.strip_prefix(' '));
            let address = line.and_then(|text| text.parse().ok());
            address.unwrap_or_else(|| panic!("no `{name}` from the origin: {}\n{body}", response.head))
        };
        let (client, local) = (address("client"), address("local"));
        Self { client, local, head: parts.next().unwrap_or_default().to_owned() }
    }
}

fn accept(listener: &TcpListener, open: &Open) {
    while let Ok((stream, client)) = listener.accept() {
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|stream| stream.peer_addr().is_ok());
        open.extend(stream.try_clone());
        drop(open);
        let started = thread::Builder::new().stack_size(STACK_BYTES).spawn(move || serve(stream, client));
        if let Err(error) = started {
            eprintln!("the origin has no thread for {client}: {error}");
        }
    }
}

/// Answers requests until the client goes, or asks for the end.
fn serve(mut stream: TcpStream, client: SocketAddr) {
    let Ok(local) = stream.local_addr() else { return };
    let Ok(mut reader) = stream.try_clone().map(BufReader::new) else { return };
    while let Some(head) = read_head(&mut reader) {
        let is_last = head.to_ascii_lowercase().contains("\r\nconnection: close\r\n");
        let body = format!("client {client}\nlocal {local}\n{head}");
        let length = body.len();
        let end = if is_last { "Connection: close\r\n" } else { "" };
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{end}\r\n{body}");
        if stream.write_all(answer.as_bytes()).is_err() || is_last {
            break;
        }
    }
    // The clone that is kept for the end holds the connection open otherwise.
    let _ = stream.shutdown(Shutdown::Both);
}

/// One head with its empty line; `None` at the end of the connection.
fn read_head(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut head = String::new();
    loop {
        let length = reader.read_line(&mut head).ok()?;
        if length == 0 {
            return None;
        }
        if head.ends_with("\r\n\r\n") {
            return Some(head);
        }
    }
}
