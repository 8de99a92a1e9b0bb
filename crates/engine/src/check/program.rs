//! `option external-check`: a program says how its server is (chapter 4.2 "external-check command"). It runs as the
//! configuration allows (`external-check` in the global section), with the addresses of the proxy and of the server as
//! its arguments and what it may want to know in its environment; its exit code is the answer.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base::clock::{self, Millis};
use config::model::{BindAddress, CheckProgram, ProxyConfig};
use net::Endpoint;
use state::check::{CheckReport, CheckStatus};
use state::proxy::Mode;

use super::task::{Checker, bare};

/// How often it is looked whether the program has ended: at first, and at most.
const LOOK_MIN: Duration = Duration::from_millis(2);
const LOOK_MAX: Duration = Duration::from_millis(50);
/// Where programs are found without `external-check path`.
const PATH: &str = "";
/// What stands for an address or a port that there is not.
const NOT_USED: &str = "NOT_USED";

/// Makes one check.
pub(super) async fn run(checker: &Checker, program: &CheckProgram) -> CheckReport {
    let began = clock::now();
    let mut child = match command(checker, program).spawn() {
        Ok(child) => child,
        Err(error) => {
            // A program that cannot be run ends like one that fails.
            let report = bare(CheckStatus::ProcessError).describe(error.to_string());
            return CheckReport { code: 255, ..report };
        }
    };
    let timeouts = &checker.proxy().timeouts;
    let whole = began.plus(checker.config.inter);
    let until = match (timeouts.check, timeouts.connect) {
        (Some(_), Some(connect)) => whole.min(began.plus(connect)),
        (None, _) | (_, None) => whole,
    };
    wait(&mut child, until).await
}

/// Waits for its end, at most until a time.
async fn wait(child: &mut Child, until: Millis) -> CheckReport {
    let mut look = LOOK_MIN;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                // A signal has no code.
                let code = status.code().unwrap_or(-1);
                let status = if code == 0 { CheckStatus::ProcessOk } else { CheckStatus::ProcessError };
                return CheckReport { code, ..bare(status) };
            }
            Ok(None) => {}
            Err(error) => return bare(CheckStatus::SocketError).describe(error.to_string()),
        }
        let now = clock::now();
        if now >= until {
            let _ = child.kill();
            // It is gone at once; nothing waits for it any longer than that.
            let _ = child.wait();
            return bare(CheckStatus::ProcessTimeout);
        }
        net::timer::sleep_until(now.plus(look).min(until)).await;
        look = (look * 2).min(LOOK_MAX);
    }
}

/// The program with its arguments and its environment.
fn command(checker: &Checker, program: &CheckProgram) -> Command {
    let proxy = checker.proxy();
    let (proxy_addr, proxy_port) = proxy_place(proxy);
    let (server_addr, server_port) = match &*checker.server.state.endpoint() {
        Endpoint::Inet(addr) => (addr.ip().to_string(), addr.port().to_string()),
        other @ (Endpoint::Unix(_) | Endpoint::Abstract(_) | Endpoint::Fd(_)) => {
            (other.to_string(), NOT_USED.to_owned())
        }
    };
    let mut command = Command::new(OsStr::from_bytes(&program.command));
    command.args([&proxy_addr, &proxy_port, &server_addr, &server_port]);
    if !program.keeps_environment {
        command.env_clear();
    }
    let path = if program.path.is_empty() { OsStr::new(PATH) } else { OsStr::from_bytes(&program.path) };
    command.env("PATH", path);
    let state = &checker.server.state;
    let shown = |text: &str| if text == NOT_USED { String::new() } else { text.to_owned() };
    let is_tls = checker.server.tls.is_some();
    for (name, value) in [
        ("HAPROXY_PROXY_NAME", proxy.name.to_string()),
        ("HAPROXY_PROXY_ID", proxy.uuid.to_string()),
        ("HAPROXY_PROXY_ADDR", shown(&proxy_addr)),
        ("HAPROXY_PROXY_PORT", shown(&proxy_port)),
        ("HAPROXY_SERVER_NAME", state.name.to_string()),
        ("HAPROXY_SERVER_ID", state.puid.to_string()),
        ("HAPROXY_SERVER_ADDR", shown(&server_addr)),
        ("HAPROXY_SERVER_PORT", shown(&server_port)),
        ("HAPROXY_SERVER_MAXCONN", state.maxconn().to_string()),
        ("HAPROXY_SERVER_CURCONN", state.sessions.get().to_string()),
        ("HAPROXY_SERVER_SSL", u8::from(is_tls).to_string()),
        ("HAPROXY_SERVER_PROTO", (if proxy.mode == Mode::Http { "h1" } else { "tcp" }).to_owned()),
    ] {
        command.env(name, value);
    }
    let output = || if checker.shared.config.global.is_quiet { Stdio::null() } else { Stdio::inherit() };
    command.stdin(Stdio::null()).stdout(output()).stderr(output());
    command
}

/// The address and the port of the proxy's first socket.
fn proxy_place(proxy: &ProxyConfig) -> (String, String) {
    let first = proxy.binds.iter().find_map(|bind| match &bind.address {
        BindAddress::Endpoint(endpoint) => Some(endpoint),
        BindAddress::Inherited(_) => None,
    });
    match first {
        Some(Endpoint::Inet(addr)) => (addr.ip().to_string(), addr.port().to_string()),
        Some(other) => (other.to_string(), NOT_USED.to_owned()),
        None => (NOT_USED.to_owned(), NOT_USED.to_owned()),
    }
}
