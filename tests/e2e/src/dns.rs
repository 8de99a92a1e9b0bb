//! A name server whose answers a test changes as it goes: hand-made messages over datagrams and connections on one port.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use crate::DEADLINE;

const A: u16 = 1;
const SRV: u16 = 33;
const AAAA: u16 = 28;

/// What is said of a name.
#[derive(Debug, Clone)]
pub enum Said {
    /// It has this address.
    Address(IpAddr),
    /// The service is at this port of this host, with this weight.
    Service(&'static str, u16, u16),
    /// Told without being asked for: this host has this address.
    Additional(&'static str, IpAddr),
    /// The answer has this code: 2 the server failed, 3 there is no such name, 5 refused.
    Code(u8),
    /// There is no answer.
    Silence,
    /// The answer was cut short.
    CutShort,
    /// The answer has another number than the question.
    WrongNumber,
}

impl Said {
    /// An address as it is written.
    pub fn address(text: &str) -> Said {
        Said::Address(text.parse().expect("an address"))
    }
}

#[derive(Default)]
struct Zone {
    names: BTreeMap<&'static str, Vec<Said>>,
    /// The names of all questions, in their order.
    asked: Vec<String>,
}

struct Shared {
    zone: Mutex<Zone>,
    asked: Condvar,
}

impl Shared {
    fn zone(&self) -> MutexGuard<'_, Zone> {
        self.zone.lock().expect("nobody panics with the zone")
    }
}

/// A name server on the loopback.
pub struct Nameserver {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Nameserver {
    /// Starts one that knows no names: it says so.
    pub fn start() -> Self {
        let (datagrams, connections) = sockets();
        let address = datagrams.local_addr().expect("an address");
        let shared = Arc::new(Shared { zone: Mutex::default(), asked: Condvar::new() });
        let of_thread = shared.clone();
        std::thread::spawn(move || answer_datagrams(&datagrams, &of_thread));
        let of_thread = shared.clone();
        std::thread::spawn(move || {
            for connection in connections.incoming().flatten() {
                let shared = of_thread.clone();
                std::thread::spawn(move || answer_stream(connection, &shared));
            }
        });
        Nameserver { address, shared }
    }

    /// Where it is, for datagrams and for connections.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on this is what is known of a name; nothing: there is no such name.
    pub fn set(&self, name: &'static str, said: &[Said]) {
        self.shared.zone().names.insert(name, said.to_vec());
    }

    /// How often a name was asked for.
    pub fn asked(&self, name: &str) -> usize {
        self.shared.zone().asked.iter().filter(|asked| *asked == name).count()
    }

    /// Waits until a name was asked for so often.
    pub fn wait_asked(&self, name: &str, count: usize) {
        let zone = self.shared.zone();
        let is_less = |zone: &mut Zone| zone.asked.iter().filter(|asked| *asked == name).count() < count;
        let (_zone, waited) =
            self.shared.asked.wait_timeout_while(zone, DEADLINE, is_less).expect("no panic");
        assert!(!waited.timed_out(), "{name} was not asked for {count} times");
    }
}

/// Both kinds of sockets with one number.
fn sockets() -> (UdpSocket, TcpListener) {
    for _ in 0..100 {
        let connections = TcpListener::bind("127.0.0.1:0").expect("a port");
        if let Ok(datagrams) = UdpSocket::bind(connections.local_addr().expect("an address")) {
            return (datagrams, connections);
        }
    }
    panic!("no port is free for both");
}

fn answer_datagrams(socket: &UdpSocket, shared: &Shared) {
    let mut buffer = [0; 1024];
    while let Ok((len, from)) = socket.recv_from(&mut buffer) {
        if let Some(answer) = answer(&buffer[..len], shared) {
            // Who does not listen any more misses it.
            let _ = socket.send_to(&answer, from);
        }
    }
}

fn answer_stream(mut connection: TcpStream, shared: &Shared) {
    let mut head = [0; 2];
    while connection.read_exact(&mut head).is_ok() {
        let mut question = vec![0; usize::from(u16::from_be_bytes(head))];
        if connection.read_exact(&mut question).is_err() {
            return;
        }
        let Some(answer) = answer(&question, shared) else { continue };
        let len = u16::try_from(answer.len()).expect("a short answer");
        if connection.write_all(&[&len.to_be_bytes()[..], &answer].concat()).is_err() {
            return;
        }
    }
}

/// The answer to a question, if there is one.
fn answer(question: &[u8], shared: &Shared) -> Option<Vec<u8>> {
    let (name, end) = name_of(question, 12)?;
    let kind = u16::from_be_bytes([*question.get(end)?, *question.get(end + 1)?]);
    let mut zone = shared.zone();
    let said = zone.names.get(name.as_str()).cloned().unwrap_or_default();
    zone.asked.push(name.clone());
    shared.asked.notify_all();
    drop(zone);
    let (mut number, mut flags) = (u16::from_be_bytes([question[0], question[1]]), 0x8180u16);
    if said.is_empty() {
        flags |= 3;
    }
    let (mut answers, mut additional) = (Vec::new(), Vec::new());
    for one in said {
        match one {
            Said::Address(ip) if kind == kind_of(ip) => answers.push(record(&name, kind, &octets(ip))),
            Said::Service(target, port, weight) if kind == SRV => {
                let numbers = [1, weight, port].map(u16::to_be_bytes).concat();
                answers.push(record(&name, SRV, &[numbers, labels(target)].concat()));
            }
            Said::Additional(host, ip) if kind == SRV => {
                additional.push(record(host, kind_of(ip), &octets(ip)));
            }
            Said::Address(_) | Said::Service(..) | Said::Additional(..) => {}
            Said::Code(code) => flags |= u16::from(code),
            Said::Silence => return None,
            Said::CutShort => flags |= 0x0200,
            Said::WrongNumber => number = number.wrapping_add(1),
        }
    }
    let counts = [1, answers.len(), 0, additional.len()].map(|n| u16::try_from(n).expect("few records"));
    let mut bytes = [number, flags].map(u16::to_be_bytes).concat();
    bytes.extend(counts.map(u16::to_be_bytes).concat());
    bytes.extend_from_slice(&question[12..end + 4]);
    bytes.extend(answers.concat());
    bytes.extend(additional.concat());
    Some(bytes)
}

/// The name that stands at `at`, in lower case, and where it ends.
fn name_of(message: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut parts = Vec::new();
    loop {
        let len = usize::from(*message.get(at)?);
        if len == 0 {
            return Some((parts.join("."), at + 1));
        }
        let label = message.get(at + 1..at + 1 + len)?;
        parts.push(String::from_utf8_lossy(label).to_lowercase());
        at += 1 + len;
    }
}

fn labels(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.') {
        bytes.push(u8::try_from(label.len()).expect("a short label"));
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

fn record(name: &str, kind: u16, data: &[u8]) -> Vec<u8> {
    let len = u16::try_from(data.len()).expect("short data");
    let numbers = [kind, 1, 0, 5, len].map(u16::to_be_bytes).concat();
    [labels(name), numbers, data.to_vec()].concat()
}

fn kind_of(ip: IpAddr) -> u16 {
    if ip.is_ipv4() { A } else { AAAA }
}

fn octets(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}
