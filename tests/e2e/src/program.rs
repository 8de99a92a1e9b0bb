//! Other people's programs as peers: curl, openssl, haproxy, scanners. A test that needs one that is not there fails
//! and says which; `cargo xtask test` installs them.

use std::env;
use std::fs::File;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::{DEADLINE, Finished, Guard, Response};

/// Where a program is.
///
/// # Panics
/// If it is not installed.
pub fn program(name: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let directories = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let found = directories.map(|directory| directory.join(name)).find(|file| file.is_file());
    found
        .unwrap_or_else(|| panic!("{name} is not installed; `cargo xtask test` installs what the tests need"))
}

/// Runs a program to its end.
///
/// # Panics
/// If it is not installed, or runs longer than [`DEADLINE`].
pub fn run_program(name: &str, arguments: &[&str], input: &str, directory: &Path) -> Finished {
    run_program_for(DEADLINE, name, arguments, input, directory)
}

/// The same for a program that may take longer.
///
/// # Panics
/// If it is not installed, or runs longer than `limit`.
pub fn run_program_for(
    limit: Duration,
    name: &str,
    arguments: &[&str],
    input: &str,
    directory: &Path,
) -> Finished {
    let mut standard_input = tempfile::NamedTempFile::new_in(directory).expect("a temporary file");
    standard_input.write_all(input.as_bytes()).expect("a temporary file can be written");
    let out = tempfile::NamedTempFile::new_in(directory).expect("a temporary file");
    let errors = tempfile::NamedTempFile::new_in(directory).expect("a temporary file");
    let mut command = Command::new(program(name));
    command.args(arguments).current_dir(directory);
    command.stdin(standard_input.reopen().expect("the file can be opened again"));
    command.stdout(out.reopen().expect("the file can be opened again"));
    command.stderr(errors.reopen().expect("the file can be opened again"));
    let mut guard = Guard::start(&mut command, &[]);
    let ended = guard.wait(limit);
    let (stdout, stderr) = (text(out.reopen()), text(errors.reopen()));
    let status = ended.unwrap_or_else(|| panic!("{name} {arguments:?} does not end:\n{stdout}\n{stderr}"));
    Finished { status, stdout, stderr }
}

fn text(file: std::io::Result<File>) -> String {
    let mut bytes = Vec::new();
    file.and_then(|mut file| file.read_to_end(&mut bytes)).expect("the file can be read");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What curl came back with.
#[derive(Debug)]
pub struct Fetched {
    /// curl's exit status; 0 if all went well.
    pub code: i32,
    /// The responses, one for each URL; bodies end by their length.
    pub responses: Vec<Response>,
    /// What curl wrote to standard error.
    pub errors: String,
}

impl Fetched {
    /// The only response.
    ///
    /// # Panics
    /// If there is none, or several.
    pub fn response(mut self) -> Response {
        assert_eq!((self.code, self.responses.len()), (0, 1), "{}", self.errors);
        self.responses.remove(0)
    }

    /// There is no response: the connection or its handshake failed.
    ///
    /// # Panics
    /// If there is one.
    pub fn expect_failure(&self) {
        assert!(self.code != 0 && self.responses.is_empty(), "{self:?}");
    }
}

/// `https://host:port/target` by curl, whatever `host` resolves to; `arguments` before the URL.
///
/// # Panics
/// If curl is not installed or does not end.
pub fn curl(address: SocketAddr, host: &str, target: &str, arguments: &[&str], directory: &Path) -> Fetched {
    let port = address.port();
    let resolve = format!("{host}:{port}:{}", address.ip());
    let url = format!("https://{host}:{port}{target}");
    let mut words =
        vec!["-sS", "-i", "--http1.1", "--noproxy", "*", "--max-time", "12", "--resolve", &resolve];
    words.extend(arguments);
    words.push(&url);
    let finished = run_program("curl", &words, "", directory);
    Fetched {
        code: finished.status.code().unwrap_or(-1),
        responses: responses(&finished.stdout),
        errors: finished.stderr,
    }
}

/// The responses that stand one behind the other in what curl wrote.
fn responses(mut text: &str) -> Vec<Response> {
    let mut all = Vec::new();
    while let Some(end) = text.find("\r\n\r\n") {
        let mut response = Response::parse(&text[..end + 4]);
        text = &text[end + 4..];
        let length = response.header("content-length").and_then(|length| length.parse().ok());
        let (body, rest) = text.split_at(length.unwrap_or(text.len()).min(text.len()));
        response.body = body.as_bytes().to_vec();
        text = rest;
        all.push(response);
    }
    all
}

/// `openssl s_client`: sends `input` and reads until the other side closes.
///
/// # Panics
/// If openssl is not installed or does not end.
pub fn s_client(address: SocketAddr, arguments: &[&str], input: &str, directory: &Path) -> Finished {
    let connect = address.to_string();
    let mut words = vec!["s_client", "-connect", &connect, "-ign_eof"];
    words.extend(arguments);
    run_program("openssl", &words, input, directory)
}

/// `openssl s_server` as a server; it is stopped when this goes away.
#[derive(Debug)]
pub struct OpensslServer {
    _guard: Guard,
    address: SocketAddr,
    output: PathBuf,
}

impl OpensslServer {
    /// Starts it on a port of 127.0.0.1; waits until it listens.
    ///
    /// # Panics
    /// If it does not listen before [`DEADLINE`].
    pub fn start(arguments: &[&str], directory: &Path) -> Self {
        let output = directory.join("s_server.out");
        let file = File::create(&output).expect("the directory can be written");
        let mut command = Command::new(program("openssl"));
        command.args(["s_server", "-accept", "127.0.0.1:0"]).args(arguments).current_dir(directory);
        command.stdin(Stdio::null()).stderr(file.try_clone().expect("a second descriptor")).stdout(file);
        let mut guard = Guard::start(&mut command, &[]);
        let started = Instant::now();
        loop {
            let told = std::fs::read_to_string(&output).unwrap_or_default();
            // With port 0 it tells which one it got: `ACCEPT 127.0.0.1:PORT`.
            let accepted = told.lines().find_map(|line| line.strip_prefix("ACCEPT ")).map(str::parse);
            if let Some(Ok(address)) = accepted {
                return Self { _guard: guard, address, output };
            }
            assert!(
                guard.poll().is_none() && started.elapsed() < DEADLINE,
                "s_server does not listen: {told}"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it wrote up to now.
    pub fn output(&self) -> String {
        std::fs::read(&self.output)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_one_behind_the_other() {
        let all = responses("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 404 No\r\n\r\nrest");
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].text().as_str(), all[1].status, all[1].text().as_str()), ("ab", 404, "rest"));
    }
}
