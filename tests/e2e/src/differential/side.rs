//! One of the two programs with its servers and its log.

use std::net::UdpSocket;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::case::Case;
use super::origin::Origins;
use super::{Part, client, directory, mask};
use crate::Proxy;

/// How long a log line may take.
const LOG_PATIENCE: Duration = Duration::from_secs(2);

/// A running program.
#[derive(Debug)]
pub(super) struct Side {
    proxy: Proxy,
    origins: Origins,
    log: UdpSocket,
    /// Port numbers and what stands for them.
    names: Vec<(u16, String)>,
}

/// What an exchange led to, with all masked that differs from run to run.
#[derive(Debug)]
pub(super) struct Observed {
    answer: String,
    server: String,
    log: String,
}

impl Observed {
    pub(super) fn part(&self, part: Part) -> &str {
        match part {
            Part::Answer => &self.answer,
            Part::Server => &self.server,
            Part::Log => &self.log,
        }
    }
}

impl Side {
    /// Starts `program`, or the program under test. In the configuration, `@s1@` to `@s4@` and `@raw@` are servers,
    /// `@log@` is the log, `@dir@` the directory of the exchanges' files.
    pub(super) fn start(config: &str, program: Option<PathBuf>) -> Self {
        let origins = Origins::start();
        let log = UdpSocket::bind(("127.0.0.1", 0)).expect("a free port");
        let log_address = log.local_addr().expect("a bound socket has an address");
        let mut text = config.replace("@log@", &log_address.to_string());
        text = text.replace("@dir@", &directory().display().to_string());
        let mut names = Vec::new();
        for (name, address) in origins.addresses() {
            text = text.replace(&format!("@{name}@"), &address.to_string());
            names.push((address.port(), format!("@{name}")));
        }
        let mut builder = Proxy::builder(&text);
        if let Some(program) = program {
            builder = builder.program(program);
        }
        let proxy = builder.start();
        for piece in text.split("fd@${").skip(1) {
            let name = piece.split('}').next().unwrap_or_default();
            names.push((proxy.address(name).port(), format!("@{name}")));
        }
        Self { proxy, origins, log, names }
    }

    /// Carries out one exchange.
    pub(super) fn run(&mut self, case: &Case) -> Observed {
        assert!(self.proxy.is_running(), "the proxy has ended:\n{}", self.proxy.output());
        self.origins.prepare(&case.answers);
        let answer = client::run(case, self.proxy.address(&case.to));
        let log = self.log_lines(case.logs);
        let shown = |bytes: &[u8]| mask::message_text(bytes, &self.names);
        Observed {
            answer: shown(&answer),
            server: shown(&self.origins.got()),
            log: mask::log(&log, &self.names),
        }
    }

    /// Waits for `wanted` lines, and takes what else is there.
    fn log_lines(&self, wanted: usize) -> Vec<String> {
        let started = Instant::now();
        let mut lines = Vec::new();
        loop {
            let left = LOG_PATIENCE.saturating_sub(started.elapsed());
            let patience = if lines.len() < wanted { left } else { Duration::ZERO };
            let patience = patience.max(Duration::from_millis(1));
            self.log.set_read_timeout(Some(patience)).expect("an open socket");
            let mut buffer = [0; 65536];
            match self.log.recv(&mut buffer) {
                Ok(len) => {
                    let line = String::from_utf8_lossy(&buffer[..len]).into_owned();
                    if mask::is_about_traffic(&line) {
                        lines.push(line);
                    }
                }
                Err(_) if lines.len() < wanted && started.elapsed() < LOG_PATIENCE => {}
                Err(_) => return lines,
            }
        }
    }
}
