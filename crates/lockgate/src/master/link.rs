//! The link between the master and one worker: a pair of UNIX sockets, of which the worker finds its end as its standard
//! input.
//!
//! ```text
//!   worker -> master: kind, length (4 bytes, little endian), text     'L' told something, 'S' wants sockets, 'R' ready
//!   master -> worker: kind, level, flags, talk; with a descriptor     'C' a connection to serve, 'S' sockets (or 'N': none)
//! ```
//! Either side that goes away is noticed by the other through the end of the stream: a worker does not outlive its master.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use ::control::{Access, Level, Talk};

/// More than a worker ever tells at once.
const TEXT_BYTES_MAX: usize = 1024 * 1024;
/// Bytes in front of a worker's text.
const HEAD_BYTES: usize = 5;

/// What a worker's configuration means for its master.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    /// `mworker-max-reloads`.
    pub(crate) max_reloads: u32,
    /// `master-worker no-exit-on-failure`.
    pub(crate) outlives_failure: bool,
}

/// HAProxy's `mworker-max-reloads`.
const MAX_RELOADS: u32 = 50;

impl Terms {
    /// Those of a configuration.
    pub(crate) fn of(global: &config::Global) -> Self {
        Terms {
            max_reloads: global.mworker_max_reloads.unwrap_or(MAX_RELOADS),
            outlives_failure: global.outlives_failure,
        }
    }
}

/// What a worker says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// It told this, whole lines.
    Log(Vec<u8>),
    /// It wants the listening sockets of the worker that it replaces.
    WantsSockets,
    /// It accepts connections.
    Ready(Terms),
}

impl Said {
    /// As bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let (kind, text) = match self {
            Said::Log(text) => (b'L', text.clone()),
            Said::WantsSockets => (b'S', Vec::new()),
            Said::Ready(terms) => {
                let mut text = terms.max_reloads.to_le_bytes().to_vec();
                text.push(u8::from(terms.outlives_failure));
                (b'R', text)
            }
        };
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let mut bytes = vec![kind];
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&text);
        bytes
    }
}

/// Bytes from a worker, on their way to being understood.
#[derive(Debug, Default)]
pub(crate) struct Ear(Vec<u8>);

impl Ear {
    /// Takes what arrived.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// What was said, once it is complete.
    ///
    /// # Errors
    /// No worker of this program says so.
    pub(crate) fn next(&mut self) -> io::Result<Option<Said>> {
        let Some((head, rest)) = self.0.split_first_chunk::<HEAD_BYTES>() else { return Ok(None) };
        let [kind, length @ ..] = *head;
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        if length > TEXT_BYTES_MAX {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let Some(text) = rest.get(..length) else { return Ok(None) };
        let said = match (kind, text) {
            (b'L', text) => Said::Log(text.to_vec()),
            (b'S', []) => Said::WantsSockets,
            (b'R', [a, b, c, d, outlives]) => Said::Ready(Terms {
                max_reloads: u32::from_le_bytes([*a, *b, *c, *d]),
                outlives_failure: *outlives != 0,
            }),
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        self.0.drain(..HEAD_BYTES + length);
        Ok(Some(said))
    }
}

/// What the master says; a descriptor goes along where there is something to connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Serve this connection.
    Serve(Access, Talk),
    /// Here the old worker hands its sockets over.
    Sockets,
    /// There is no old worker.
    NoSockets,
}

/// Bytes of what the master says.
pub(crate) const ASKED_BYTES: usize = 4;

impl Asked {
    fn encode(self) -> [u8; ASKED_BYTES] {
        match self {
            Asked::NoSockets => [b'N', 0, 0, 0],
            Asked::Sockets => [b'S', 0, 0, 0],
            Asked::Serve(access, talk) => {
                let flags = u8::from(access.is_expert)
                    | u8::from(access.is_experimental) << 1
                    | u8::from(access.has_sockets) << 2;
                [
                    b'C',
                    LEVELS.iter().position(|l| *l == access.level).map_or(0, small),
                    flags,
                    talk_number(talk),
                ]
            }
        }
    }

    /// From bytes; `None` for what no master says.
    pub(crate) fn decode(bytes: [u8; ASKED_BYTES]) -> Option<Asked> {
        match bytes {
            [b'N', ..] => Some(Asked::NoSockets),
            [b'S', ..] => Some(Asked::Sockets),
            [b'C', level, flags, talk] => {
                let mut access = Access::new(*LEVELS.get(usize::from(level))?);
                access.is_expert = flags & 1 != 0;
                access.is_experimental = flags & 2 != 0;
                access.has_sockets = flags & 4 != 0;
                let talk = [Talk::Once, Talk::Interactive, Talk::Prompt].get(usize::from(talk)).copied()?;
                Some(Asked::Serve(access, talk))
            }
            _ => None,
        }
    }
}

const LEVELS: [Level; 3] = [Level::User, Level::Operator, Level::Admin];

fn small(index: usize) -> u8 {
    u8::try_from(index).unwrap_or(0)
}

fn talk_number(talk: Talk) -> u8 {
    match talk {
        Talk::Once => 0,
        Talk::Interactive => 1,
        Talk::Prompt => 2,
    }
}

/// Sends a worker what the master wants of it.
///
/// # Errors
/// The worker is gone, or takes nothing.
pub(crate) fn ask(worker: BorrowedFd<'_>, asked: Asked, along: Option<BorrowedFd<'_>>) -> io::Result<()> {
    let sent = net::fdpass::send_fds(worker, &asked.encode(), along.as_slice())?;
    if sent == ASKED_BYTES { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Receives what the master wants; `None` when it is gone. Blocks, or fails with `WouldBlock`, as the socket does.
///
/// # Errors
/// What the socket reports, or `InvalidData`.
pub(crate) fn hear(master: BorrowedFd<'_>) -> io::Result<Option<(Asked, Option<OwnedFd>)>> {
    let (mut bytes, mut fds) = ([0; ASKED_BYTES], Vec::new());
    match net::fdpass::recv_fds(master, &mut bytes, &mut fds)? {
        0 => Ok(None),
        ASKED_BYTES => match Asked::decode(bytes) {
            Some(asked) => Ok(Some((asked, fds.pop()))),
            None => Err(io::ErrorKind::InvalidData.into()),
        },
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn what_workers_say_arrives_in_any_pieces() {
        let terms = Terms { max_reloads: 7, outlives_failure: true };
        let all = [Said::Log(b"line\n".to_vec()), Said::WantsSockets, Said::Ready(terms)];
        let bytes: Vec<u8> = all.iter().flat_map(Said::encode).collect();
        for size in 1..bytes.len() {
            let (mut ear, mut heard) = (Ear::default(), Vec::new());
            for piece in bytes.chunks(size) {
                ear.push(piece);
                while let Some(said) = ear.next().unwrap() {
                    heard.push(said);
                }
            }
            assert_eq!(heard, all);
        }
    }

    #[test]
    fn nonsense_is_noticed() {
        for bytes in [&b"X\0\0\0\0"[..], b"R\0\0\0\0", b"L\xff\xff\xff\xff", b"S\x01\0\0\0a"] {
            let mut ear = Ear::default();
            ear.push(bytes);
            assert!(ear.next().is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn orders_go_with_their_descriptors() {
        let (master, worker) = UnixStream::pair().unwrap();
        let (one, _other) = UnixStream::pair().unwrap();
        let mut access = Access::new(Level::Operator).with_sockets();
        access.is_experimental = true;
        for (asked, along) in [
            (Asked::NoSockets, None),
            (Asked::Sockets, Some(one.as_fd())),
            (Asked::Serve(access, Talk::Prompt), Some(one.as_fd())),
        ] {
            ask(master.as_fd(), asked, along).unwrap();
            let (heard, fd) = hear(worker.as_fd()).unwrap().unwrap();
            assert_eq!((heard, fd.is_some()), (asked, along.is_some()));
        }
        drop(master);
        assert!(hear(worker.as_fd()).unwrap().is_none());
        assert_eq!(Asked::decode(*b"C\x09\0\0"), None);
    }
}
