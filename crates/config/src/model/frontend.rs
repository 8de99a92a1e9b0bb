//! The client side of a proxy.

use rules::Condition;

/// Where a `bind` line listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BindAddress {
    /// An address that can be bound.
    Endpoint(net::Endpoint),
    /// A socket handed over already listening (`fd@N`).
    Inherited(i32),
}

/// Owner and mode of a UNIX socket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnixPermissions {
    /// Numeric or looked-up user id.
    pub uid: Option<u32>,
    /// Numeric or looked-up group id.
    pub gid: Option<u32>,
    /// Permission bits.
    pub mode: Option<u32>,
}

/// Some of the threads, counted from 1 (`thread`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadSet(pub Vec<Threads>);

/// Threads in a row, or every other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// `all`.
    All,
    /// `odd`.
    Odd,
    /// `even`.
    Even,
    /// From the first to the last, both included.
    Range(u32, u32),
}

impl ThreadSet {
    /// Whether a thread, counted from 1, is one of them.
    #[must_use]
    pub fn has(&self, thread: u32) -> bool {
        self.0.iter().any(|threads| match threads {
            Threads::All => true,
            Threads::Odd => thread % 2 == 1,
            Threads::Even => thread.is_multiple_of(2),
            Threads::Range(first, last) => (*first..=*last).contains(&thread),
        })
    }
}

/// One address of a `bind` line (a list or a port range gives several).
#[derive(Debug, Clone)]
pub struct Bind {
    /// Where.
    pub address: BindAddress,
    /// Its place in its file.
    pub span: diag::Span,
    /// `name`.
    pub name: Option<Box<str>>,
    /// `guid-prefix`: what its lasting name begins with.
    pub guid_prefix: Option<Box<str>>,
    /// Numeric id, counted from 1 within the proxy unless `id` sets it.
    pub id: u32,
    /// Socket options.
    pub options: net::ListenOptions,
    /// Owner and mode of a UNIX socket.
    pub permissions: UnixPermissions,
    /// `accept-proxy`.
    pub accepts_proxy: bool,
    /// `accept-netscaler-cip`: the number that NetScaler's header begins with.
    pub netscaler_magic: Option<u32>,
    /// `thread`: those that accept; `None`: all.
    pub threads: Option<ThreadSet>,
    /// Whether one socket serves all threads (`shards 1`).
    pub is_single: bool,
    /// `maxconn`, 0: none of its own.
    pub maxconn: u32,
    /// `backlog`.
    pub backlog: Option<u32>,
    /// `ssl` and its relatives.
    pub tls: Option<Box<super::BindTls>>,
    /// Words understood later that make a start refuse this line, with what they need.
    pub unsupported: Vec<Box<str>>,
}

impl Bind {
    /// The name that lasts of one of the `binds` of a proxy: what its line gives, and its place among the sockets of that line.
    #[must_use]
    pub fn guid(&self, binds: &[Bind]) -> Option<String> {
        let prefix = self.guid_prefix.as_deref()?;
        let line = |bind: &Bind| (bind.span.file, bind.span.line);
        let of_line = binds.iter().filter(|bind| line(bind) == line(self));
        let place = of_line.take_while(|bind| bind.id != self.id).count();
        Some(format!("{prefix}-{place}"))
    }
}

/// `monitor fail`.
#[derive(Debug)]
pub struct MonitorFail {
    /// When it matches, `monitor-uri` answers 503.
    pub condition: Condition,
    /// Where it stands.
    pub place: rules::Place,
}

/// `force-be-switch`.
#[derive(Debug)]
pub struct ForceSwitch {
    /// When it matches, any backend may be chosen.
    pub condition: Condition,
    /// Where it stands.
    pub place: rules::Place,
}

/// A bandwidth limit that streams share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BandwidthShare {
    /// Whose table holds what they share.
    pub table: base::ProxyId,
    /// Which way it counts.
    pub direction: state::bandwidth::Direction,
    /// The place of its name.
    pub span: diag::Span,
}

/// `capture cookie`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureCookie {
    /// The cookie's name, or how it begins.
    pub name: Box<[u8]>,
    /// Whether `name` is only a beginning (`appsess*` in old files, `len` prefix matching).
    pub is_prefix: bool,
    /// Longer values are cut; name, `=` and value together.
    pub bytes_max: usize,
}
