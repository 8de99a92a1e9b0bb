//! Checks of real sockets on the loopback; what they write is read from a real log target.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base::{ProxyId, ServerId};
use config::Config;
use config::model::Toggle;
use config::model::{
    CheckAction, CheckConfig, CheckExpect, CheckKind, CheckPattern, CheckProtocol, CheckScript, CheckSend,
    CheckStep, LogLine, LogTarget, ProxyConfig, ServerAddress, ServerConfig, ServerTls,
};
use diag::{FileId, Span};
use logs::{Facility, Format, Level};
use net::Endpoint;
use state::Server;
use state::check::CheckStatus;
use state::proxy::Sides;
use state::server::{ADMIN_MAINT, Health};

use super::spawn;
use crate::build::{Surroundings, build};
use crate::shared::Shared;

/// Everything that is awaited comes within this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// One backend, `be`, with one server, `s1`, under check.
struct Lab {
    shared: Arc<Shared>,
    log: UdpSocket,
    checks: Option<JoinHandle<()>>,
}

impl Lab {
    fn new(server: SocketAddr, kind: CheckKind, adjust: impl FnOnce(&mut ProxyConfig)) -> Lab {
        let log = UdpSocket::bind("127.0.0.1:0").unwrap();
        log.set_read_timeout(Some(PATIENCE)).unwrap();
        let span = Span::line(FileId(0), 1);
        let mut proxy = ProxyConfig::new(ProxyId(0), "be".into(), Sides::Backend, span);
        proxy.check = kind;
        proxy.logs.push(LogLine {
            target: LogTarget::Udp(log.local_addr().unwrap()),
            facility: Facility::Local0,
            level_max: Level::Debug,
            level_min: Level::Emerg,
            format: Some(Format::Short),
            bytes_max: 1024,
            sample: None,
            is_stream: false,
            profile: None,
            span,
        });
        let check = CheckConfig { inter: Duration::from_millis(10), fall: 2, ..CheckConfig::default() };
        proxy.servers.push(ServerConfig {
            id: ServerId(0),
            puid: 1,
            name: "s1".into(),
            address: ServerAddress::Endpoint(Endpoint::Inet(server)),
            check: Some(check),
            ..ServerConfig::default()
        });
        adjust(&mut proxy);
        let mut config = Config::default();
        config.global.is_quiet = true;
        config.proxies.push(proxy);
        let around = Surroundings { workers: 1, hostname: "h".into(), pid: 1, maxconn: 100 };
        let (shared, _) = build(Arc::new(config), &around).unwrap_or_else(|error| panic!("{error:?}"));
        let checks = spawn(&shared);
        Lab { shared, log, checks }
    }

    fn server(&self) -> Arc<Server> {
        self.shared.runtime.proxies[0].servers.at(ServerId(0))
    }

    /// The next line of the log: its level, and its text with the duration of the check taken out.
    fn line(&self) -> (u8, String) {
        let mut buffer = [0; 2048];
        let got = self.log.recv(&mut buffer).expect("a line in time");
        let text = String::from_utf8(buffer[..got].to_vec()).unwrap();
        let (priority, text) = text.trim_end().strip_prefix('<').unwrap().split_once('>').unwrap();
        let text = match text.split_once(", check duration: ") {
            None => text.to_owned(),
            Some((before, after)) => format!("{before}{}", after.split_once("ms").unwrap().1),
        };
        (priority.parse::<u8>().unwrap() & 7, text)
    }

    fn expect(&self, level: u8, text: &str) {
        assert_eq!(self.line(), (level, text.to_owned()));
    }

    /// Waits until the server's facts are as wanted.
    fn until(&self, wanted: impl Fn(&Server) -> bool) {
        let began = Instant::now();
        while !wanted(&self.server()) {
            assert!(began.elapsed() < PATIENCE, "{:?}", self.server().check.facts());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn until_full(&self) {
        self.until(|server| server.check.health().now == server.check.health().full());
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.shared.stop_softly();
        if let Some(checks) = self.checks.take()
            && !std::thread::panicking()
        {
            checks.join().unwrap();
        }
    }
}

/// What a fake server answers.
const SILENCE: u8 = 0;
const OK: u8 = 1;
const GONE: u8 = 2;
const BROKEN: u8 = 3;
const NONSENSE: u8 = 4;
const CLOSE: u8 = 5;
const ALERT: u8 = 6;

/// An HTTP server that answers as told; it ends with the test.
struct Fake {
    addr: SocketAddr,
    answer: Arc<AtomicU8>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Fake {
    fn new(answer: u8) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let answer = Arc::new(AtomicU8::new(answer));
        let ends = Arc::new(AtomicBool::new(false));
        let (told, ending) = (answer.clone(), ends.clone());
        let thread = std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                if ending.load(Relaxed) {
                    return;
                }
                let mut stream = stream.unwrap();
                if let Some(text) = reply(told.load(Relaxed)) {
                    let _ = stream.read(&mut [0; 1024]);
                    let _ = stream.write_all(text);
                } else {
                    silent.push(stream);
                }
            }
        });
        Fake { addr, answer, ends, thread: Some(thread) }
    }

    fn says(&self, answer: u8) {
        self.answer.store(answer, Relaxed);
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.ends.store(true, Relaxed);
        let _ = TcpStream::connect(self.addr);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn reply(answer: u8) -> Option<&'static [u8]> {
    Some(match answer {
        OK => b"HTTP/1.0 200 Fine\r\nServer: x\r\n\r\nbody",
        GONE => b"HTTP/1.0 404 Gone Fishing\r\n\r\n",
        BROKEN => b"HTTP/1.1 500 \"Ouch\"\r\n\r\n",
        NONSENSE => b"what?\r\n\r\n",
        CLOSE => b"",
        ALERT => &[21, 3, 0, 0, 2, 2, 40],
        _ => return None,
    })
}

/// An address that nobody listens on. Nothing else uses this network, so that it stays so.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.77.0.1:0").unwrap().local_addr().unwrap()
}

/// A script of steps behind a connection as the server line says.
fn script(protocol: CheckProtocol, actions: Vec<CheckAction>, disable_on_404: bool) -> CheckKind {
    let CheckScript { mut steps, .. } = CheckScript::default();
    for action in actions {
        let number = u32::try_from(steps.len()).unwrap();
        steps.push(CheckStep { number, comment: None, action });
    }
    CheckKind::Script(Arc::new(CheckScript { protocol, steps, disable_on_404, send_state: false }))
}

fn expect(expect: CheckExpect) -> CheckAction {
    CheckAction::Expect(Box::new(expect))
}

fn http_script(disable_on_404: bool) -> CheckKind {
    let statuses = CheckExpect { head: 2, ..CheckExpect::new(CheckPattern::Status(vec![(200, 399)])) };
    let send = CheckAction::Send(CheckSend::Http(Box::default()));
    script(CheckProtocol::Http, vec![send, expect(statuses)], disable_on_404)
}

fn http() -> CheckKind {
    http_script(false)
}

/// `option ssl-hello-chk`.
fn hello() -> CheckKind {
    let regex = state::regexp::Regex::new(b"^1[56]", state::pattern::Case::Sensitive).unwrap();
    let record = CheckExpect {
        min_recv: Some(5),
        ok_status: Some(CheckStatus::L6Ok),
        error_status: Some(CheckStatus::L6Response),
        timeout_status: Some(CheckStatus::L6Timeout),
        head: 2,
        ..CheckExpect::new(CheckPattern::BinaryRegex(regex))
    };
    script(CheckProtocol::Other, vec![CheckAction::Send(CheckSend::SslHello), expect(record)], false)
}

/// `tcp-check` steps: sends, and waits for a text.
fn talk(text: &[u8]) -> CheckKind {
    let pattern = CheckExpect { head: 2, ..CheckExpect::new(CheckPattern::Text(text.into())) };
    let send = CheckAction::Send(CheckSend::Bytes((*b"hello").into()));
    script(CheckProtocol::Tcp, vec![send, expect(pattern)], false)
}

#[test]
fn tcp_down_after_fall_and_up_after_rise() {
    // An address of its own, so that nobody takes the port meanwhile.
    let listener = TcpListener::bind("127.77.0.2:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let lab = Lab::new(addr, CheckKind::default(), |_| {});
    lab.until_full();
    assert_eq!(lab.server().check.facts().last.status, CheckStatus::L4Ok);
    drop(listener);
    lab.expect(
        1,
        "Server be/s1 is DOWN, reason: Layer4 connection problem, \
         info: \"ECONNREFUSED returned by OS (Connection refused)\". \
         0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
    );
    lab.expect(0, "backend be has no server available!");
    assert_eq!((lab.server().health(), lab.server().check.facts().failures), (Health::Down, 2));
    assert_eq!((lab.server().uptime.times_down(), lab.shared.runtime.proxies[0].uptime.times_down()), (1, 1));
    let _listener = TcpListener::bind(addr).unwrap();
    lab.expect(
        5,
        "Server be/s1 is UP, reason: Layer4 check passed. \
         1 active and 0 backup servers online. 0 sessions requeued, 0 total in queue.",
    );
    assert!(lab.server().is_usable());
}

#[test]
fn the_first_failure_takes_a_new_server_down() {
    let nobody = nobody();
    let lab = Lab::new(nobody, CheckKind::default(), |proxy| {
        proxy.sides = Sides::Both;
        proxy.servers[0].role = state::server::Role::Backup;
    });
    let (level, text) = lab.line();
    assert!(text.starts_with("Backup Server be/s1 is DOWN, reason: Layer4 connection problem"), "{text}");
    assert_eq!((level, lab.server().check.facts().failures), (1, 1));
    lab.expect(0, "proxy be has no server available!");
}

#[test]
fn http_statuses() {
    let fake = Fake::new(OK);
    let lab = Lab::new(fake.addr, http_script(true), |_| {});
    lab.until_full();
    fake.says(GONE);
    lab.expect(
        5,
        "Server be/s1 is stopping, reason: Layer7 check conditionally passed, code: 404. \
         0 active and 0 backup servers online. 0 sessions requeued, 0 total in queue.",
    );
    lab.expect(0, "backend be has no server available!");
    assert!(lab.server().is_running() && !lab.server().takes_new());
    fake.says(BROKEN);
    lab.expect(
        5,
        "Server be/s1 is DOWN, reason: Layer7 wrong status, code: 500, info: \"<22>Ouch<22>\". \
         0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
    );
    fake.says(GONE);
    lab.until(|server| server.check.facts().last.code == 404);
    assert_eq!(lab.server().health(), Health::Down, "404 brings nobody up");
    fake.says(OK);
    let (level, text) = lab.line();
    assert!(
        text.starts_with("Server be/s1 is UP, reason: Layer7 check passed, code: 200. 1 active"),
        "{text}"
    );
    assert_eq!(level, 5);
}

#[test]
fn no_answer_and_no_http() {
    for (answer, status) in [
        (SILENCE, CheckStatus::L7Timeout),
        (NONSENSE, CheckStatus::SocketError),
        (CLOSE, CheckStatus::SocketError),
    ] {
        let fake = Fake::new(answer);
        let lab = Lab::new(fake.addr, http(), |proxy| proxy.timeouts.check = Some(Duration::from_millis(30)));
        let (_, text) = lab.line();
        assert!(text.starts_with("Server be/s1 is DOWN, reason: "), "{text}");
        let last = lab.server().check.facts().last;
        assert_eq!(last.status, status);
        if answer == SILENCE {
            assert!(last.duration_ms >= Some(30), "{last:?}");
        }
    }
}

#[test]
fn a_hello_is_answered_with_a_record_or_not() {
    for (answer, status) in [
        (ALERT, CheckStatus::L6Ok),
        (NONSENSE, CheckStatus::L6Response),
        (CLOSE, CheckStatus::L6Response),
        (SILENCE, CheckStatus::L6Timeout),
    ] {
        let fake = Fake::new(answer);
        let lab = Lab::new(fake.addr, hello(), |proxy| {
            proxy.timeouts.check = Some(Duration::from_millis(30));
        });
        lab.until(|server| server.check.facts().last.status != CheckStatus::Initializing);
        assert_eq!(lab.server().check.facts().last.status, status);
    }
}

#[test]
fn a_handshake_that_fails_is_no_answer() {
    for (answer, status, said) in [
        (NONSENSE, CheckStatus::L6Response, "SSL handshake failure"),
        (CLOSE, CheckStatus::L6Response, "SSL handshake failure"),
        (SILENCE, CheckStatus::L6Timeout, ""),
    ] {
        let fake = Fake::new(answer);
        let lab = Lab::new(fake.addr, http(), |proxy| {
            proxy.timeouts.connect = Some(Duration::from_millis(30));
            proxy.timeouts.check = Some(PATIENCE);
            let options = tls::options::ClientOptions::default();
            let context = tls::client::Context::new(&options).unwrap().context;
            proxy.servers[0].tls = ServerTls {
                is_on: true,
                context: Some(Arc::new(tls::Slot::new(context))),
                ..ServerTls::default()
            };
            proxy.servers[0].check.as_mut().unwrap().inter = PATIENCE;
        });
        lab.until(|server| server.check.facts().last.status != CheckStatus::Initializing);
        let last = lab.server().check.facts().last;
        assert_eq!((last.status, last.description.as_slice()), (status, said.as_bytes()));
    }
}

#[test]
fn a_connection_that_nobody_accepts() {
    let options = net::ListenOptions { backlog: 1, ..net::ListenOptions::default() };
    let fd = net::listen(&Endpoint::Inet(([127, 0, 0, 1], 0).into()), &options).unwrap();
    let listener = TcpListener::from(fd);
    let addr = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&addr, Duration::from_millis(100)) {
        waiting.push(stream);
    }
    let lab = Lab::new(addr, CheckKind::default(), |proxy| {
        proxy.timeouts.connect = Some(Duration::from_millis(30));
        proxy.timeouts.check = Some(PATIENCE);
        proxy.servers[0].check.as_mut().unwrap().inter = PATIENCE;
    });
    let (_, text) = lab.line();
    assert!(text.starts_with("Server be/s1 is DOWN, reason: Layer4 timeout. 0 active"), "{text}");
}

#[test]
fn every_change_is_logged_where_asked_for() {
    let fake = Fake::new(OK);
    let lab = Lab::new(fake.addr, http(), |proxy| proxy.options.log_health_checks = Toggle::On);
    lab.expect(
        5,
        "Health check for server be/s1 succeeded, reason: Layer7 check passed, code: 200, status: 2/2 UP.",
    );
    fake.says(BROKEN);
    let failed = "Health check for server be/s1 failed, reason: Layer7 wrong status, code: 500, info: \"<22>Ouch<22>\"";
    lab.expect(5, &format!("{failed}, status: 1/2 UP."));
    lab.expect(5, &format!("{failed}, status: 0/2 DOWN."));
    let (level, text) = lab.line();
    assert!(text.starts_with("Server be/s1 is DOWN. 0 active"), "{text}");
    assert_eq!(level, 1);
}

#[test]
fn other_places_are_checked_instead() {
    let fake = Fake::new(OK);
    let by_port = Lab::new(([127, 0, 0, 1], 1).into(), http(), |proxy| {
        proxy.servers[0].check.as_mut().unwrap().port = Some(fake.addr.port());
    });
    by_port.until_full();
    let by_addr = Lab::new(nobody(), http(), |proxy| {
        proxy.servers[0].check.as_mut().unwrap().addr = Some(Endpoint::Inet(fake.addr));
    });
    by_addr.until_full();
}

#[test]
fn maintenance_is_left_alone() {
    let nobody = nobody();
    let lab = Lab::new(nobody, CheckKind::default(), |proxy| proxy.servers[0].is_disabled = true);
    let changed = super::set_health(&lab.shared, &lab.server(), Health::Down, None);
    assert!(!changed && lab.server().health() == Health::Up);
    assert_eq!(lab.server().check.facts().last.status, CheckStatus::Initializing);
    lab.server().change_admin(0, ADMIN_MAINT);
    assert!(lab.line().1.contains("is DOWN"));
}

#[test]
fn slow_starts_end() {
    let fake = Fake::new(BROKEN);
    let lab =
        Lab::new(fake.addr, http(), |proxy| proxy.servers[0].slowstart = Some(Duration::from_millis(900)));
    assert!(lab.line().1.contains("is DOWN"));
    assert!(lab.line().1.contains("no server"));
    fake.says(OK);
    assert!(lab.line().1.starts_with("Server be/s1 is UP, reason"));
    assert!(lab.server().is_usable());
    lab.until(|server| server.health() == Health::Up && server.warmup() == state::server::Warmup::DONE);
}

#[test]
fn texts_are_looked_for() {
    for (answer, text, status, said) in [
        (OK, "Fine", CheckStatus::L7Ok, "(tcp-check)"),
        (OK, "else", CheckStatus::L7Response, "TCPCHK did not match content 'else' at step 2"),
        (CLOSE, "x", CheckStatus::L7Response, "TCPCHK got an empty response at step 2"),
        (SILENCE, "x", CheckStatus::L7Timeout, " at step 2 of tcp-check (expect string 'x')"),
    ] {
        let fake = Fake::new(answer);
        let lab = Lab::new(fake.addr, talk(text.as_bytes()), |proxy| {
            proxy.timeouts.check = Some(Duration::from_millis(50));
        });
        lab.until(|server| server.check.facts().last.status != CheckStatus::Initializing);
        let last = lab.server().check.facts().last;
        assert_eq!((last.status, String::from_utf8_lossy(&last.description).as_ref()), (status, said));
    }
}

#[test]
fn servers_follow_those_that_they_track() {
    let fake = Fake::new(OK);
    let lab = Lab::new(fake.addr, http(), |proxy| {
        let tracking = ServerConfig {
            id: ServerId(1),
            puid: 2,
            name: "s2".into(),
            track: Some((ProxyId(0), ServerId(0))),
            ..ServerConfig::default()
        };
        proxy.servers.push(tracking);
    });
    let second = lab.shared.runtime.proxies[0].servers.get(1).unwrap();
    lab.until_full();
    fake.says(BROKEN);
    assert!(lab.line().1.starts_with("Server be/s1 is DOWN, reason"));
    assert!(lab.line().1.starts_with("Server be/s2 is DOWN via be/s1. 0 active"));
    lab.expect(0, "backend be has no server available!");
    assert_eq!(second.health(), Health::Down);
    fake.says(OK);
    assert!(lab.line().1.starts_with("Server be/s1 is UP"));
    assert!(lab.line().1.starts_with("Server be/s2 is UP via be/s1. 2 active"));
    super::set_administration(&lab.shared, &lab.server(), super::Administration::Maintenance);
    assert!(lab.line().1.starts_with("Server be/s1 is going DOWN for maintenance. 1 active"));
    assert!(lab.line().1.starts_with("Server be/s2 is going DOWN for maintenance via be/s1. 0 active"));
    assert!(!second.is_running());
    super::set_administration(&lab.shared, &lab.server(), super::Administration::Ready);
    assert!(second.is_running());
}

#[test]
fn traffic_tells_of_health() {
    use super::{Seen, saw};
    use config::model::{Observe, ObservedError};
    let fake = Fake::new(OK);
    let lab = Lab::new(fake.addr, http(), |proxy| {
        let check = proxy.servers[0].check.as_mut().unwrap();
        check.observe = Some(Observe::Layer4);
        check.error_limit = 3;
        check.on_error = ObservedError::MarkDown;
        check.inter = PATIENCE;
    });
    lab.until_full();
    let server = lab.shared.server(&lab.server());
    let meet = |seen: &[Seen]| seen.iter().for_each(|seen| saw(&lab.shared, &server, *seen));
    meet(&[Seen::NoConnection, Seen::NoConnection, Seen::Connection, Seen::NoConnection, Seen::NoConnection]);
    assert_eq!(lab.server().health(), Health::Up);
    meet(&[Seen::NoConnection]);
    assert_eq!(lab.server().health(), Health::Down);
    let (_, text) = lab.line();
    let why = "reason: Health analyze, info: \"Detected 3 consecutive errors, last one was: L4 unsuccessful connection\"";
    assert!(text.starts_with(&format!("Server be/s1 is DOWN, {why}. 0 active")), "{text}");
    assert_eq!(lab.server().observed_failures.load(Relaxed), 1);
}

#[test]
fn an_initial_state_is_one_of_four() {
    use config::model::InitState;
    for (init_state, health, now) in [
        (InitState::Up, Health::Up, 2),
        (InitState::FullyUp, Health::Up, 3),
        (InitState::Down, Health::Down, 1),
        (InitState::FullyDown, Health::Down, 0),
    ] {
        let fake = Fake::new(SILENCE);
        let lab = Lab::new(fake.addr, http(), |proxy| {
            proxy.servers[0].init_state = init_state;
            proxy.servers[0].check.as_mut().unwrap().inter = PATIENCE;
        });
        assert_eq!((lab.server().health(), lab.server().check.health().now), (health, now));
    }
}
