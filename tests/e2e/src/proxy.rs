//! The proxy under test as a running process.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::{DEADLINE, Guard, HTTP, Peer, Syslog, binary_path, listener};

/// What is needed before a proxy can start.
#[derive(Debug)]
pub struct ProxyBuilder {
    text: String,
    directory: TempDir,
    listeners: Vec<(String, TcpListener)>,
    arguments: Vec<String>,
    command: Command,
}

/// A running proxy. Its directory and its process go away with it.
#[derive(Debug)]
pub struct Proxy {
    guard: Guard,
    directory: TempDir,
    addresses: Vec<(String, SocketAddr)>,
}

impl Proxy {
    /// Starts a proxy with one listening socket for each `fd@${name}` in the configuration.
    ///
    /// # Panics
    /// If the program does not start.
    pub fn start(text: &str) -> Self {
        Self::builder(text).start()
    }

    /// Starts a proxy with `listen fe` and these lines in it, in HTTP mode; `log` gets its lines, those of `httplog`.
    ///
    /// # Panics
    /// As [`Proxy::start`] does.
    pub fn logging(log: &Syslog, lines: &str) -> Self {
        let address = log.address();
        Self::start(&format!(
            "{HTTP}    log {address} local0\n    option httplog\nlisten fe\n    bind \"fd@${{fe}}\"\n{lines}\n"
        ))
    }

    /// For what [`Proxy::start`] does not do: files beside the configuration, other arguments.
    ///
    /// # Panics
    /// If there is no port left.
    pub fn builder(text: &str) -> ProxyBuilder {
        let mut names: Vec<String> = Vec::new();
        for piece in text.split("fd@${").skip(1) {
            let name = piece.split('}').next().unwrap_or_default().to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let listeners = names.into_iter().map(|name| (name, listener())).collect();
        let directory = tempfile::tempdir().expect("a temporary directory");
        let command = Command::new(binary_path());
        ProxyBuilder { text: text.to_owned(), directory, listeners, arguments: Vec::new(), command }
    }

    /// The address of `fd@${name}`.
    ///
    /// # Panics
    /// If the configuration has no such name.
    pub fn address(&self, name: &str) -> SocketAddr {
        let found = self.addresses.iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("no fd@${{{name}}} in the configuration")).1
    }

    /// Connects to `fd@${name}`.
    ///
    /// # Panics
    /// If the process has ended, or the connection is refused.
    pub fn connect(&mut self, name: &str) -> Peer {
        if let Some(status) = self.guard.poll() {
            panic!("the proxy has ended ({status}):\n{}", self.output());
        }
        Peer::connect(self.address(name))
    }

    /// One request on a connection of its own, and its response's head and body.
    ///
    /// # Panics
    /// As [`Proxy::connect`] does, and if there is no well-formed response.
    pub fn request(&mut self, name: &str, request: &str) -> crate::Response {
        let mut client = self.connect(name);
        client.send(request);
        client.response()
    }

    /// `GET target` with `Host: example.test` on a connection of its own.
    ///
    /// # Panics
    /// As [`Proxy::request`] does.
    pub fn get(&mut self, name: &str, target: &str) -> crate::Response {
        self.request(name, &format!("GET {target} HTTP/1.1\r\nHost: example.test\r\n\r\n"))
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.guard.pid()
    }

    /// The directory with the configuration, the current one of the process.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What the process wrote to standard output and standard error up to now.
    pub fn output(&self) -> String {
        fs::read(self.directory.path().join("output"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Sends a signal.
    pub fn signal(&mut self, signal: Signal) {
        self.guard.signal(signal);
    }

    /// Whether the process still runs.
    pub fn is_running(&mut self) -> bool {
        self.guard.poll().is_none()
    }

    /// Waits for the end of the process.
    ///
    /// # Panics
    /// If it does not end before [`DEADLINE`].
    pub fn wait(&mut self) -> ExitStatus {
        self.guard.wait(DEADLINE).unwrap_or_else(|| panic!("the proxy does not end:\n{}", self.output()))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the proxy's output:\n{}", self.output());
        }
        self.guard.stop();
    }
}

impl ProxyBuilder {
    /// A file beside the configuration, which names it by its bare name.
    ///
    /// # Panics
    /// If it cannot be written.
    #[must_use]
    pub fn file(self, name: &str, contents: impl AsRef<[u8]>) -> Self {
        fs::write(self.directory.path().join(name), contents).expect("the directory can be written");
        self
    }

    /// One more argument.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// One more environment variable.
    #[must_use]
    pub fn environment(mut self, name: &str, value: impl Into<PathBuf>) -> Self {
        self.command.env(name, value.into());
        self
    }

    /// Another program than the one under test: a peer that reads the same configurations.
    #[must_use]
    pub fn program(self, program: PathBuf) -> Self {
        self.command(Command::new(program))
    }

    /// The program as another command starts it, as in a network namespace; arguments are added to it.
    #[must_use]
    pub fn command(mut self, command: Command) -> Self {
        self.command = command;
        self
    }

    /// The directory in which the proxy will run.
    pub fn directory(&self) -> PathBuf {
        self.directory.path().to_owned()
    }

    /// Starts the process.
    ///
    /// # Panics
    /// If the program does not start.
    pub fn start(self) -> Proxy {
        let Self { text, directory, listeners, arguments, mut command } = self;
        let config = directory.path().join("test.cfg");
        fs::write(&config, text).expect("the directory can be written");
        let output = fs::File::create(directory.path().join("output")).expect("the directory can be written");
        command.args(["-db", "-f"]).arg(&config).args(arguments).current_dir(directory.path());
        command.stdin(Stdio::null()).stderr(output.try_clone().expect("a second descriptor")).stdout(output);
        for (name, socket) in &listeners {
            command.env(name, socket.as_raw_fd().to_string());
        }
        let sockets: Vec<BorrowedFd<'_>> = listeners.iter().map(|(_, socket)| socket.as_fd()).collect();
        let guard = Guard::start(&mut command, &sockets);
        let addresses = listeners
            .iter()
            .map(|(name, socket)| (name.clone(), socket.local_addr().expect("a bound socket has an address")))
            .collect();
        Proxy { guard, directory, addresses }
    }
}

/// Sends lines to a socket of the runtime API, or of a master, and returns all that comes back.
///
/// # Panics
/// If nobody listens there before [`DEADLINE`], or the connection does not end before.
pub fn ask(socket: &Path, lines: &str) -> String {
    let started = Instant::now();
    let mut stream = loop {
        match UnixStream::connect(socket) {
            Ok(stream) => break stream,
            Err(error) => assert!(started.elapsed() < DEADLINE, "{}: {error}", socket.display()),
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    stream.set_read_timeout(Some(DEADLINE)).expect("an open socket");
    stream.write_all(lines.as_bytes()).expect("the other side takes a line");
    stream.shutdown(Shutdown::Write).expect("an open socket");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer that ends");
    answer
}
