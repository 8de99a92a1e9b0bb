//! One `log` line at run time: filter, sampling, header, target, counters (manual, `log` in "proxy keywords").

use crate::header::{self, Header, Origin};
use crate::received::Received;
use crate::sample::Sample;
use crate::syslog::{Facility, Format, Level};
use crate::target::{Outlet, Target, TargetError};
use base::clock;
use std::cell::Cell;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::time::Duration;

/// The length of a line when `len` is not given, in bytes.
pub const LEN_DEFAULT: usize = 1024;
/// The smallest `len`.
pub const LEN_MIN: usize = 80;
/// The largest `len`.
pub const LEN_MAX: usize = 65535;

thread_local! {
    /// Where lines are put together.
    static LINE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lines lost by all loggers since the process began.
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// How many lines all loggers of the process have lost: what `show info` calls DroppedLogs.
#[must_use]
pub fn dropped_total() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// Counts lines that were lost on their way from a ring to its server.
pub fn count_dropped(lines: u64) {
    DROPPED.fetch_add(lines, Ordering::Relaxed);
}

/// One `log` line as configured. Each proxy makes a [`Logger`] of its own from it, so that each samples for itself.
#[derive(Debug, Clone)]
pub struct LoggerSpec {
    /// Where lines go.
    pub target: Target,
    /// `len`: bytes of a line at most, its line feed included; [`LEN_MIN`]..=[`LEN_MAX`].
    pub len: usize,
    /// `format`; `None` when not given: `rfc3164` if a hostname is sent, else `local`.
    pub format: Option<Format>,
    /// `sample`.
    pub sample: Option<Sample>,
    /// The facility.
    pub facility: Facility,
    /// Less grave messages than this are not sent.
    pub level_max: Level,
    /// Graver messages than this are sent with this level.
    pub level_min: Level,
    /// `profile`: the number of the log profile that its lines follow. Who renders them looks at it.
    pub profile: Option<usize>,
}

impl LoggerSpec {
    /// A line with nothing but what is mandatory: every level as it is, 1024 bytes, no sampling.
    #[must_use]
    pub fn new(target: Target, facility: Facility) -> LoggerSpec {
        LoggerSpec {
            target,
            len: LEN_DEFAULT,
            format: None,
            sample: None,
            facility,
            level_max: Level::Debug,
            level_min: Level::Emerg,
            profile: None,
        }
    }
}

/// A `log` line in use. All threads share it.
#[derive(Debug)]
pub struct Logger {
    outlet: Outlet,
    len: usize,
    format: Option<Format>,
    sample: Option<Sample>,
    /// Messages that have been through the sampling.
    sampled: AtomicU64,
    facility: Facility,
    level_max: Level,
    level_min: Level,
    profile: Option<usize>,
    dropped: AtomicU64,
    errno: AtomicI32,
}

impl Logger {
    /// Makes the line ready. A descriptor is taken over here, so that it stays what it is when `stdout` is closed
    /// afterwards; sockets are opened with the first message.
    ///
    /// # Errors
    /// When the descriptor is not open or the UNIX path is too long.
    pub fn new(spec: LoggerSpec) -> Result<Logger, TargetError> {
        let outlet = Outlet::open(&spec.target)?;
        Ok(Logger {
            // A ring's format stands above the line's.
            format: outlet.format().or(spec.format),
            outlet,
            len: spec.len.clamp(LEN_MIN, LEN_MAX),
            sample: spec.sample,
            sampled: AtomicU64::new(0),
            facility: spec.facility,
            level_max: spec.level_max,
            level_min: spec.level_min,
            profile: spec.profile,
            dropped: AtomicU64::new(0),
            errno: AtomicI32::new(0),
        })
    }

    /// Whether messages of this level are sent at all, so that nobody renders one in vain.
    #[must_use]
    pub fn is_enabled(&self, level: Level) -> bool {
        level <= self.level_max
    }

    /// The number of the log profile that its lines follow.
    #[must_use]
    pub fn profile(&self) -> Option<usize> {
        self.profile
    }

    /// The longest line in bytes: no message need be rendered longer.
    #[must_use]
    pub fn len_max(&self) -> usize {
        self.len
    }

    /// Sends `message` now, without waiting. `sd` is RFC 5424 structured data or empty. Line feeds and NULs at the end
    /// of the message are taken off; an empty message is not sent.
    pub fn send(&self, level: Level, origin: &Origin<'_>, sd: &[u8], message: &[u8]) {
        self.send_with(level, origin, sd, message, clock::wall);
    }

    /// As [`Logger::send`], dated `wall` (since 1970-01-01 UTC) by a caller who knows the time already.
    pub fn send_at(&self, wall: Duration, level: Level, origin: &Origin<'_>, sd: &[u8], message: &[u8]) {
        self.send_with(level, origin, sd, message, || wall);
    }

    /// Sends a received message on, under a header of this line's format made of what the message says. What it does
    /// not say is the line's (facility, the gravest level that the line sends) or the present (date). One without text is
    /// not sent.
    pub fn relay(&self, received: &Received<'_>) {
        let level = received.level();
        let is_wanted = level.is_none_or(|level| self.is_enabled(level)) && self.is_sampled();
        if !is_wanted || received.message.is_empty() {
            return;
        }
        let format = self.format.unwrap_or_else(|| received.format());
        let level = level.map_or(self.level_min, |level| level.max(self.level_min));
        let facility = received.priority.map_or(self.facility as u32, |priority| priority / 8);
        let mut line = LINE.take();
        line.clear();
        header::relayed::push(&mut line, format, facility * 8 + level as u32, received, clock::wall());
        self.deliver(&mut line, received.message);
        LINE.set(line);
    }

    /// Lines that this logger has lost.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Why a line was lost last, if one was: for a warning that is given once.
    #[must_use]
    pub fn last_error(&self) -> Option<std::io::Error> {
        let errno = self.errno.load(Ordering::Relaxed);
        (errno != 0).then(|| std::io::Error::from_raw_os_error(errno))
    }

    fn send_with(
        &self,
        level: Level,
        origin: &Origin<'_>,
        structured_data: &[u8],
        message: &[u8],
        wall: impl FnOnce() -> Duration,
    ) {
        if !self.is_enabled(level) || !self.is_sampled() || message.is_empty() {
            return;
        }
        let format = self.format.unwrap_or_else(|| default_format(origin));
        let level = level.max(self.level_min);
        let header = Header { format, facility: self.facility, level, origin, structured_data };
        let mut line = LINE.take();
        line.clear();
        header.push(&mut line, if format.has_date() { wall() } else { Duration::ZERO });
        self.deliver(&mut line, message);
        LINE.set(line);
    }

    /// Sends the header in `line` with `message`; what is lost is counted.
    fn deliver(&self, line: &mut Vec<u8>, message: &[u8]) {
        if let Err(errno) = self.outlet.send(line, message, self.len) {
            self.errno.store(errno.raw_os_error(), Ordering::Relaxed);
            self.dropped.fetch_add(1, Ordering::Relaxed);
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn is_sampled(&self) -> bool {
        self.sample.as_ref().is_none_or(|sample| sample.has(self.sampled.fetch_add(1, Ordering::Relaxed)))
    }
}

/// The format of a line that names none: the richest that the sender's fields fill.
fn default_format(origin: &Origin<'_>) -> Format {
    if origin.hostname.is_some_and(|hostname| !hostname.is_empty()) {
        Format::Rfc3164
    } else if origin.tag.is_empty() {
        Format::Raw
    } else {
        Format::Local
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::{Ring, RingSpec};
    use crate::target::{Distribute, Recipient};
    use std::net::UdpSocket;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr as UnixAddr, UnixDatagram};
    use std::sync::Arc;

    const ORIGIN: Origin<'static> = Origin { hostname: None, tag: b"haproxy", pid: 42 };
    const WALL: Duration = Duration::new(1_767_587_696, 0);

    fn ring() -> Arc<Ring> {
        Arc::new(Ring::new(RingSpec { format: None, ..RingSpec::new(b"r") }))
    }

    fn contents(ring: &Ring) -> Vec<String> {
        let batch = ring.read_from(ring.oldest(), usize::MAX);
        batch.messages().map(|message| String::from_utf8(message.to_vec()).unwrap()).collect()
    }

    fn send(logger: &Logger, level: Level, message: &[u8]) {
        base::localtime::load(Some(std::ffi::OsStr::new("UTC0")));
        logger.send_at(WALL, level, &ORIGIN, b"", message);
    }

    #[test]
    fn udp_of_both_families() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(receiver) = UdpSocket::bind(address) else {
                assert!(address.starts_with('['), "IPv4 loopback is always there");
                continue;
            };
            let target = Target::Udp(receiver.local_addr().unwrap());
            let logger = Logger::new(LoggerSpec::new(target, Facility::Local0)).unwrap();
            send(&logger, Level::Notice, b"hello\n\0\n");
            let mut line = [0; 200];
            let length = receiver.recv(&mut line).unwrap();
            assert_eq!(&line[..length], b"<133>Jan  5 04:34:56 haproxy[42]: hello\n");
            assert_eq!((logger.dropped(), logger.last_error().is_none()), (0, true));
        }
    }

    #[test]
    fn unix_datagrams_and_the_count_of_a_full_socket() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let receiver = UnixDatagram::bind(&path).unwrap();
        let target = Target::Unix(path.into_os_string().into_encoded_bytes());
        let mut spec = LoggerSpec::new(target, Facility::Daemon);
        spec.format = Some(Format::Priority);
        let logger = Logger::new(spec).unwrap();
        let total_before = dropped_total();
        let mut sent = 0;
        while logger.dropped() == 0 {
            send(&logger, Level::Err, format!("line {sent}").as_bytes());
            sent += 1;
        }
        send(&logger, Level::Err, b"lost as well");
        assert_eq!(logger.dropped(), 2);
        assert!(dropped_total() >= total_before + 2);
        assert_eq!(logger.last_error().unwrap().kind(), std::io::ErrorKind::WouldBlock);
        let mut line = [0; 100];
        for n in 0..sent - 1 {
            let length = receiver.recv(&mut line).unwrap();
            assert_eq!(&line[..length], format!("<27>line {n}\n").as_bytes());
        }
        receiver.set_nonblocking(true).unwrap();
        assert!(receiver.recv(&mut line).is_err());
    }

    #[test]
    fn abstract_datagrams() {
        let name = format!("lockgate-logs-test-{}", std::process::id());
        let receiver = UnixDatagram::bind_addr(&UnixAddr::from_abstract_name(&name).unwrap()).unwrap();
        let mut spec = LoggerSpec::new(Target::Abstract(name.into_bytes()), Facility::Daemon);
        spec.format = Some(Format::Raw);
        send(&Logger::new(spec).unwrap(), Level::Err, b"here");
        let mut line = [0; 100];
        let length = receiver.recv(&mut line).unwrap();
        assert_eq!(&line[..length], b"here\n");
    }

    /// Numbers go to the first, other texts to the second; empty lines to nobody.
    #[derive(Debug)]
    struct Fork(std::net::SocketAddr, Ring);

    impl Distribute for Fork {
        fn choose(&self, message: &[u8]) -> Option<Recipient<'_>> {
            match message.first()? {
                b'0'..=b'9' => Some(Recipient::Udp(self.0)),
                b'\n' => None,
                _ => Some(Recipient::Ring(&self.1)),
            }
        }
    }

    #[test]
    fn a_backend_chooses_for_each_message() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let ring = Ring::new(RingSpec { format: None, ..RingSpec::new(b"r") });
        let fork = Arc::new(Fork(receiver.local_addr().unwrap(), ring));
        let mut spec = LoggerSpec::new(Target::Backend(fork.clone()), Facility::Local0);
        spec.format = Some(Format::Priority);
        let logger = Logger::new(spec).unwrap();
        for message in ["12\n", "text\n", "34"] {
            send(&logger, Level::Info, message.as_bytes());
        }
        assert_eq!(logger.dropped(), 0);
        send(&logger, Level::Info, b"\n");
        assert_eq!((logger.dropped(), contents(&fork.1)), (1, vec!["<134>text".to_owned()]));
        let mut line = [0; 100];
        for expected in [&b"<134>12\n"[..], b"<134>34\n"] {
            let length = receiver.recv(&mut line).unwrap();
            assert_eq!(&line[..length], expected);
        }
    }

    #[test]
    fn a_missing_receiver_is_counted_and_told() {
        let spec = LoggerSpec::new(Target::Unix(b"/nowhere/log".to_vec()), Facility::Daemon);
        let logger = Logger::new(spec).unwrap();
        send(&logger, Level::Err, b"x");
        assert_eq!(logger.dropped(), 1);
        assert_eq!(logger.last_error().unwrap().kind(), std::io::ErrorKind::NotFound);
    }

    #[test]
    fn levels_are_filtered_and_raised() {
        let ring = ring();
        let mut spec = LoggerSpec::new(Target::Ring(Arc::clone(&ring)), Facility::Kern);
        (spec.format, spec.level_max, spec.level_min) = (Some(Format::Short), Level::Info, Level::Notice);
        let logger = Logger::new(spec).unwrap();
        for level in [Level::Emerg, Level::Notice, Level::Info, Level::Debug] {
            send(&logger, level, level.name().as_bytes());
        }
        assert_eq!(contents(&ring), ["<5>emerg", "<5>notice", "<6>info"]);
        assert_eq!(logger.dropped(), 0);
    }

    #[test]
    fn sampling_counts_what_the_level_lets_through() {
        let ring = ring();
        let mut spec = LoggerSpec::new(Target::Ring(Arc::clone(&ring)), Facility::Kern);
        spec.format = Some(Format::Raw);
        spec.sample = Some(Sample::parse(b"2:3").unwrap());
        spec.level_max = Level::Info;
        let logger = Logger::new(spec.clone()).unwrap();
        for n in 0..7 {
            send(&logger, Level::Debug, b"never");
            send(&logger, Level::Info, format!("{n}").as_bytes());
        }
        assert_eq!(contents(&ring), ["1", "4"]);
        // Another proxy with the same line counts for itself.
        send(&Logger::new(spec).unwrap(), Level::Info, b"first");
        assert_eq!(contents(&ring).len(), 2);
    }

    #[test]
    fn lines_are_cut_to_their_length() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut spec = LoggerSpec::new(Target::Udp(receiver.local_addr().unwrap()), Facility::Kern);
        (spec.len, spec.format) = (LEN_MIN, Some(Format::Priority));
        let message = [b'm'; 200];
        send(&Logger::new(spec.clone()).unwrap(), Level::Info, &message);
        let mut line = [0; 300];
        let length = receiver.recv(&mut line).unwrap();
        assert_eq!((length, &line[..4], line[79]), (80, &b"<6>m"[..], b'\n'));
        // A header that is too long is cut as well; there is no room for the message then.
        let long_tag = Origin { tag: &[b't'; 100], ..ORIGIN };
        spec.format = Some(Format::Local);
        Logger::new(spec.clone()).unwrap().send_at(WALL, Level::Info, &long_tag, b"", &message);
        let length = receiver.recv(&mut line).unwrap();
        assert_eq!((length, &line[78..80]), (80, &b"t\n"[..]));
        // A ring keeps the place of the line feed free.
        let ring = ring();
        (spec.target, spec.format) = (Target::Ring(Arc::clone(&ring)), Some(Format::Raw));
        send(&Logger::new(spec).unwrap(), Level::Info, &message);
        assert_eq!(contents(&ring), ["m".repeat(79)]);
    }

    #[test]
    fn received_messages_keep_what_they_say() {
        let ring = ring();
        let relay = |spec: &LoggerSpec, line: &[u8]| {
            base::localtime::load(Some(std::ffi::OsStr::new("UTC0")));
            Logger::new(spec.clone()).unwrap().relay(&Received::parse(line));
            contents(&ring).pop()
        };
        let mut spec = LoggerSpec::new(Target::Ring(Arc::clone(&ring)), Facility::Local0);
        let old = b"<30>Jan  5 04:34:56 web1 app[42]: text\n";
        assert_eq!(relay(&spec, old).as_deref(), Some("<30>Jan  5 04:34:56 web1 app[42]: text"));
        let new = b"<30>1 - web1 - - - - text";
        assert_eq!(relay(&spec, new).as_deref(), Some("<30>1 - web1 - - - - text"));
        assert_eq!(relay(&spec, b"text").as_deref(), Some("text"));
        assert_eq!(relay(&spec, b"<30>text").as_deref(), Some("<30>text"));
        relay(&spec, b"<30>");
        assert_eq!(contents(&ring).len(), 4);
        // Levels are filtered and raised as for messages of our own; without a priority the line's facility counts.
        spec.level_max = Level::Warning;
        relay(&spec, b"<30>not sent");
        assert_eq!(contents(&ring).len(), 4);
        (spec.format, spec.level_min) = (Some(Format::Priority), Level::Notice);
        assert_eq!(relay(&spec, b"<8>grave").as_deref(), Some("<13>grave"));
        assert_eq!(relay(&spec, b"bare").as_deref(), Some("<133>bare"));
    }

    #[test]
    fn formats_follow_the_ring_then_the_line_then_the_sender() {
        let raw = Arc::new(Ring::new(RingSpec::new(b"raw")));
        let mut spec = LoggerSpec::new(Target::Ring(Arc::clone(&raw)), Facility::Kern);
        spec.format = Some(Format::Short);
        send(&Logger::new(spec).unwrap(), Level::Info, b"m");
        assert_eq!(contents(&raw), ["m"]);

        let ring = ring();
        let logger = Logger::new(LoggerSpec::new(Target::Ring(Arc::clone(&ring)), Facility::Kern)).unwrap();
        send(&logger, Level::Info, b"m");
        logger.send_at(WALL, Level::Info, &Origin { hostname: Some(b"h"), ..ORIGIN }, b"", b"m");
        logger.send_at(WALL, Level::Info, &Origin { tag: b"", ..ORIGIN }, b"", b"m");
        logger.send(Level::Info, &ORIGIN, b"", b"");
        let expected = ["<6>Jan  5 04:34:56 haproxy[42]: m", "<6>Jan  5 04:34:56 h haproxy[42]: m", "m"];
        assert_eq!(contents(&ring), expected);
    }
}
