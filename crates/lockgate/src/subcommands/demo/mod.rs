//! `lockgate demo`: a proxy with two servers of its own, to be looked at with a browser or curl in a minute.
//!
//! The configuration is an ordinary one with comments; it is printed as it runs, so it can be kept and changed.

mod origin;

use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

use diag::{Diagnostic, Sources};

use super::{Row, Usage, wrong_usage};
use crate::options::Options;
use crate::report::{Report, print};
use crate::{check_config, start};

/// The configuration; its variables are filled in before it is read.
const CONFIGURATION: &str = include_str!("demo.cfg");
/// The port that is tried first.
const FIRST_PORT: u16 = 8080;
/// How many ports are tried.
const PORTS: u16 = 100;

const USAGE: &str = "Usage: lockgate demo [--port PORT]\n";

/// The sub-command.
pub(super) const ROW: Row = Row {
    name: "demo",
    usage: &[Usage {
        synopsis: "demo [--port PORT]",
        help: "shows what it does, with two servers of its own",
    }],
    run: |words| match parse(&words) {
        Ok(port) => run(port),
        Err(wrong) => wrong_usage(&wrong, USAGE),
    },
};

/// `--port`; without it the first free one from [`FIRST_PORT`] on.
fn parse(words: &[OsString]) -> Result<Option<u16>, String> {
    match words {
        [] => Ok(None),
        [option, value] if option == "--port" => match value.to_str().and_then(|text| text.parse().ok()) {
            None | Some(0) => {
                Err(format!("`--port {}`: a port, 1 to 65535, expected", value.to_string_lossy()))
            }
            port => Ok(port),
        },
        [option] if option == "--port" => Err("`--port` needs an argument: a port, 1 to 65535".to_owned()),
        [word, ..] => Err(format!("unknown option `{}`", word.to_string_lossy())),
    }
}

/// Runs the demonstration until it is interrupted.
fn run(port: Option<u16>) -> ExitCode {
    let options = Options { is_foreground: true, ..Options::default() };
    let report = Report::new(&options);
    let made = prepare(port);
    let (text, port) = match made {
        Ok(made) => made,
        Err(error) => {
            report.tell_one(Diagnostic::error(format!("the demonstration cannot start: {error}")));
            return ExitCode::FAILURE;
        }
    };
    print(&introduction(&text, port));
    let mut sources = Sources::new();
    let file = sources.add("demo.cfg", text.into_bytes());
    match check_config::check(sources, &[file], &["demo.cfg".into()], &options) {
        Ok(checked) => start::run(checked, &options),
        Err(_) => ExitCode::FAILURE,
    }
}

/// Starts the servers; returns the configuration that leads to them, and its port.
fn prepare(port: Option<u16>) -> io::Result<(String, u16)> {
    let blue = origin::start("blue", "#1f6feb")?;
    let green = origin::start("green", "#1a7f37")?;
    let port = match port {
        Some(port) => port,
        None => first_free_port()?,
    };
    Ok((configuration(port, blue, green), port))
}

fn configuration(port: u16, blue: u16, green: u16) -> String {
    CONFIGURATION
        .replace("${PORT}", &port.to_string())
        .replace("${BLUE}", &blue.to_string())
        .replace("${GREEN}", &green.to_string())
}

/// The first port from [`FIRST_PORT`] on that nobody listens on.
fn first_free_port() -> io::Result<u16> {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    (FIRST_PORT..FIRST_PORT + PORTS).find(is_free).ok_or_else(|| io::ErrorKind::AddrInUse.into())
}

fn introduction(configuration: &str, port: u16) -> String {
    let url = format!("http://127.0.0.1:{port}");
    format!(
        "lockgate runs this configuration, with two web servers of its own behind it:\n\n{}\n\
         Try:\n  \
         {url}/             in a browser, twice: a cookie keeps you on one server\n  \
         curl {url}/        twice: without the cookie the servers take turns\n  \
         curl {url}/headers.json      what the server received: see X-Forwarded-For\n  \
         curl -i {url}/private        a rule answers 403\n  \
         curl -b LB=green {url}/      the cookie chooses the server\n\n\
         Each request writes a line below. Ctrl-C ends it.\n\n",
        indented(configuration)
    )
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_good() {
        let text = configuration(8080, 1, 2);
        assert!(!text.contains("${"));
        let mut sources = Sources::new();
        let file = sources.add("demo.cfg", text.into_bytes());
        let checked = check_config::check(sources, &[file], &["demo.cfg".into()], &Options::default())
            .unwrap_or_else(|_| {
                panic!("refused");
            });
        assert!(!checked.has_warnings);
        assert!(check_config::has_listener(&checked.config));
        assert_eq!(checked.config.proxies[1].servers.len(), 2);
    }

    #[test]
    fn the_introduction_shows_where_to_look() {
        let text = introduction("frontend a\n\n", 8081);
        assert!(text.contains("    frontend a\n\n") && text.contains("http://127.0.0.1:8081/headers.json"));
    }
}
