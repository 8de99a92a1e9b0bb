//! Load on a proxy while its servers are killed and restarted, and what must hold afterwards: no client saw an
//! error, memory does not grow, no descriptor is left behind.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::{Answer, DEADLINE, Origin, Proxy, restartable_listener};

mod client;
mod traffic;

pub use traffic::{Outcome, Traffic};

const SERVERS: usize = 3;
/// Requests on one client connection before the client closes it and opens the next one.
const REQUESTS_PER_CONNECTION: usize = 25;
/// How long idle server connections may take to go: `pool-purge-delay` (5 s), then half of them twice a second, on a
/// machine that has other tests to run.
const PURGE_LIMIT: Duration = Duration::from_secs(30);
/// How long a server lives before it is killed.
const SERVER_LIFE: Duration = Duration::from_millis(700);

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// How long requests are sent.
    pub duration: Duration,
    /// How many clients send them at once; every second one closes after each request.
    pub connections: usize,
}

/// What a run showed.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Requests that were answered as they should be.
    pub answered: u64,
    /// Connections that ended between two requests, before a byte of the answer: a client may try again there.
    pub closed_between: u64,
    /// Everything else, with the first few described.
    pub failed: u64,
    /// The first failures.
    pub failures: Vec<String>,
    /// How often a server was killed.
    pub kills: u64,
    /// Resident memory in KiB after the first third, and at the end.
    pub resident_kib: (u64, u64),
    /// Open descriptors before the load, and after it when all servers have gone.
    pub descriptors: (usize, usize),
}

impl Figures {
    /// Resident memory at the end as a multiple of what it was after the first third, in thousandths.
    pub fn growth_permille(&self) -> u64 {
        self.resident_kib.1 * 1000 / self.resident_kib.0.max(1)
    }

    /// What does not hold, if anything.
    pub fn complaint(&self, growth_permille_max: u64) -> Option<String> {
        if self.failed > 0 || self.answered == 0 {
            return Some(format!("{} requests failed: {:?}", self.failed, self.failures));
        }
        if self.growth_permille() > growth_permille_max {
            return Some(format!("memory grew from {} to {} KiB", self.resident_kib.0, self.resident_kib.1));
        }
        (self.descriptors.1 > self.descriptors.0)
            .then(|| format!("{} descriptors before, {} after", self.descriptors.0, self.descriptors.1))
    }
}

#[derive(Debug, Default)]
struct Counters {
    answered: AtomicU64,
    closed_between: AtomicU64,
    failed: AtomicU64,
    is_over: AtomicBool,
}

impl Load {
    /// Runs it.
    ///
    /// # Panics
    /// If the proxy does not start, or dies.
    pub fn run(&self) -> Figures {
        let servers: Vec<TcpListener> = (0..SERVERS).map(|_| restartable_listener()).collect();
        let addresses: Vec<SocketAddr> =
            servers.iter().map(|socket| socket.local_addr().expect("a bound socket")).collect();
        let mut proxy = Proxy::start(&configuration(&addresses));
        let origins: Vec<Origin> = servers.into_iter().map(|socket| Origin::on(socket, echo)).collect();
        assert_eq!(proxy.get("fe", "/warm").status, 200);
        let before = descriptors_at_rest(proxy.pid());

        let counters = Arc::new(Counters::default());
        let (report, failures) = channel();
        let clients = self.clients(proxy.address("fe"), &counters, &report);
        drop(report);
        let (stop, stopped) = channel();
        let killer = thread::spawn(move || kill_in_turn(origins, &addresses, &stopped));

        let third = self.duration / 3;
        thread::sleep(third);
        let early = resident_kib(proxy.pid());
        thread::sleep(self.duration - third);
        let late = resident_kib(proxy.pid());
        counters.is_over.store(true, Ordering::SeqCst);
        let failures = first_failures(&failures, clients);
        drop(stop);
        let kills = killer.join().expect("the killer ends");
        assert!(proxy.is_running(), "the proxy died:\n{}", proxy.output());
        let after = settled_descriptors(proxy.pid(), before);
        Figures {
            answered: counters.answered.load(Ordering::SeqCst),
            closed_between: counters.closed_between.load(Ordering::SeqCst),
            failed: counters.failed.load(Ordering::SeqCst),
            failures,
            kills,
            resident_kib: (early, late),
            descriptors: (before, after),
        }
    }

    fn clients(
        &self,
        proxy: SocketAddr,
        counters: &Arc<Counters>,
        report: &Sender<String>,
    ) -> Vec<JoinHandle<()>> {
        let client = |index: usize| {
            let (counters, report) = (Arc::clone(counters), report.clone());
            let limit = if index.is_multiple_of(2) { REQUESTS_PER_CONNECTION } else { 1 };
            let run = move || client::run(proxy, index, limit, &counters, &report);
            thread::Builder::new().stack_size(256 << 10).spawn(run).expect("a thread starts")
        };
        (0..self.connections).map(client).collect()
    }
}

/// Servers that die must cost no request: a failed one is sent again, to another server at the last attempt.
fn configuration(servers: &[SocketAddr]) -> String {
    let mut text = String::from(
        "global
    nbthread 2
    maxconn 2000
defaults
    mode http
    timeout client 30s
    timeout server 30s
    timeout connect 5s
    retries 5
    option redispatch 1
    retry-on all-retryable-errors
frontend fe
    bind \"fd@${fe}\"
    default_backend be
backend be
    balance roundrobin
",
    );
    for (index, address) in servers.iter().enumerate() {
        text.push_str(&format!("    server s{index} {address}\n"));
    }
    text
}

fn echo(request: &crate::Request) -> Answer {
    Answer::ok(&request.target)
}

/// Kills one server after the other, and starts it again at once on the same port, until `stopped` hangs up.
fn kill_in_turn(mut origins: Vec<Origin>, addresses: &[SocketAddr], stopped: &Receiver<()>) -> u64 {
    let mut kills = 0;
    while stopped.recv_timeout(SERVER_LIFE) == Err(RecvTimeoutError::Timeout) {
        let index = usize::try_from(kills).unwrap_or(0) % addresses.len();
        drop(origins.remove(0));
        origins.push(Origin::on(again(addresses[index]), echo));
        kills += 1;
    }
    kills
}

/// Listens on a port whose last listener is just going away.
fn again(address: SocketAddr) -> TcpListener {
    let started = Instant::now();
    loop {
        match TcpListener::bind(address) {
            Ok(socket) => return socket,
            Err(error) => assert!(started.elapsed() < DEADLINE, "{address}: {error}"),
        }
        thread::yield_now();
    }
}

/// Waits for the clients; up to ten of what they reported.
fn first_failures(reports: &Receiver<String>, clients: Vec<JoinHandle<()>>) -> Vec<String> {
    for client in clients {
        client.join().expect("a client ends");
    }
    reports.try_iter().take(10).collect()
}

/// Resident memory of a process, /proc/PID/status.
pub(crate) fn resident_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the proxy runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a line VmRSS");
    line.split_ascii_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number of KiB")
}

fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).expect("the proxy runs").count()
}

/// Open descriptors once all threads have opened what they need: one worker answers before the others have begun.
fn descriptors_at_rest(pid: u32) -> usize {
    let started = Instant::now();
    let mut before = descriptors(pid);
    loop {
        thread::sleep(Duration::from_millis(300));
        let open = descriptors(pid);
        if open == before || started.elapsed() > DEADLINE {
            return open;
        }
        before = open;
    }
}

/// Open descriptors once they have come down to `wanted`, or after [`PURGE_LIMIT`].
fn settled_descriptors(pid: u32, wanted: usize) -> usize {
    let started = Instant::now();
    loop {
        let open = descriptors(pid);
        if open <= wanted || started.elapsed() > PURGE_LIMIT {
            return open;
        }
        thread::sleep(Duration::from_millis(20));
    }
}
