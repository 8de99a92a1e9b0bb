//! Backends: one for each worker, one for each balancer ("Workers" in mod_proxy's manual; mod_proxy_balancer).

mod balancer;
mod parameters;
mod server;

use std::collections::HashSet;

use super::frontend::{At, Frontend};
use super::section;
use super::text::{Lines, Names};
use crate::apache::collect::{balancer_name, is_balancer};
use crate::apache::condition::Condition;
use crate::apache::model::{Parameter, Switch};
use crate::apache::pattern::slug;
use crate::apache::reader::Source;

/// All backends.
#[derive(Debug, Default)]
pub(super) struct Backends {
    all: Vec<(String, Lines)>,
    names: Names,
    /// The names of those that requests can reach.
    used: HashSet<String>,
}

/// Where requests are sent.
#[derive(Clone, Debug)]
pub(super) struct Goal {
    /// The backend.
    pub(super) name: String,
    /// What `Host` says.
    pub(super) host: HostHeader,
    /// The path of the URL, with what balancer members have in common.
    pub(super) path: String,
}

/// What the server gets as `Host` where the client's own is not kept.
#[derive(Clone, Debug)]
pub(super) enum HostHeader {
    /// This.
    Fixed(String),
    /// The backend takes care of it.
    Backend,
}

impl Backends {
    /// The backend that has these lines: one that is there already, or a new one.
    fn with(&mut self, wanted: &str, lines: Lines) -> String {
        if let Some((name, _)) = self.all.iter().find(|(_, known)| *known == lines) {
            return name.clone();
        }
        let name = self.names.unique(wanted);
        self.all.push((name.clone(), lines));
        name
    }

    /// Notes which ones `use_backend` and `default_backend` lines name.
    pub(super) fn note_used(&mut self, lines: &Lines) {
        self.used.extend(lines.texts().filter_map(|line| line.split(' ').nth(1)).map(str::to_owned));
    }

    /// The text of those that are used.
    pub(super) fn render(&self) -> String {
        let mut out = String::new();
        for (name, lines) in self.all.iter().filter(|(name, _)| self.used.contains(name)) {
            section(&mut out, &format!("backend {name}"), lines);
        }
        if out.is_empty() { out } else { format!("\n{out}") }
    }
}

/// A URL that requests are passed on to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    is_tls: bool,
    host: String,
    port: u16,
    path: String,
    socket: Option<String>,
}

impl Url {
    /// Reads `http://host[:port][/path]`, also with `https`, `ws`, `wss`, and behind `unix:/socket|`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (socket, url) = match text.strip_prefix("unix:").and_then(|text| text.split_once('|')) {
            Some((socket, url)) => (Some(socket.to_owned()), url),
            None => (None, text),
        };
        let (scheme, rest) = url.split_once("://").ok_or_else(|| format!("'{text}' is no URL"))?;
        let is_tls = match scheme.to_lowercase().as_str() {
            "http" | "ws" => false,
            "https" | "wss" => true,
            other => return Err(format!("servers are not reached by '{other}'")),
        };
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
            _ => (authority, Some(if is_tls { 443 } else { 80 })),
        };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.[]:".contains(&byte);
        match port {
            Some(port) if !host.is_empty() && host.bytes().all(is_name) => {
                Ok(Self { is_tls, host: host.to_owned(), port, path: path.to_owned(), socket })
            }
            _ => Err(format!("the host in '{text}' is not one name and port")),
        }
    }

    /// As `Host` has it: without the port that the scheme implies.
    fn authority(&self) -> String {
        let implied = if self.is_tls { 443 } else { 80 };
        if self.port == implied { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    /// As `server` lines have it.
    fn address(&self) -> String {
        match &self.socket {
            Some(path) => format!("unix@{path}"),
            None => format!("{}:{}", self.host, self.port),
        }
    }
}

/// The backend of a ProxyPass; `None` after a problem has been told.
pub(super) fn of_pass(
    front: &mut Frontend<'_, '_>,
    at: &At<'_>,
    url: &str,
    parameters: &[Parameter],
    source: &Source,
    preserve: &Condition,
) -> Option<Goal> {
    let mut all = parameters.to_vec();
    if is_balancer(url) {
        let keeps = !preserve.is_never();
        if keeps && !super::forward::not_preserved(at, &at.condition, preserve).is_never() {
            front.shared.problem(
                source,
                "ProxyPreserveHost differs within this host: the balancer's members get the client's Host",
            );
        }
        return balancer::goal(front, at, url, source, if keeps { Switch::On } else { Switch::Off });
    }
    let workers = at.host.server.workers.iter();
    all.extend(
        workers.filter(|(prefix, _)| url.starts_with(prefix.as_str())).flat_map(|(_, own)| own.clone()),
    );
    let parsed = match Url::parse(url) {
        Ok(parsed) => parsed,
        Err(text) => {
            front.shared.problem(source, format!("{text}: requests for it are answered with 503"));
            return None;
        }
    };
    let lines = server::single(front, at, &parsed, &all, source);
    let wanted = slug(&format!("{}_{}", parsed.host, parsed.port));
    let name = front.shared.backends.with(&wanted, lines);
    Some(Goal { name, host: HostHeader::Fixed(parsed.authority()), path: parsed.path })
}

/// The name of a balancer's backend.
fn balancer_backend(url: &str) -> String {
    slug(&balancer_name(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_servers() {
        let url = Url::parse("https://app.example.com:8443/x/").unwrap();
        assert_eq!(
            (url.authority().as_str(), url.address().as_str(), url.path.as_str()),
            ("app.example.com:8443", "app.example.com:8443", "/x/")
        );
        let url = Url::parse("unix:/run/app.sock|http://localhost").unwrap();
        assert_eq!(
            (url.authority().as_str(), url.address().as_str(), url.path.as_str()),
            ("localhost", "unix@/run/app.sock", "")
        );
        assert_eq!(Url::parse("http://[::1]:81/").unwrap().address(), "[::1]:81");
        for text in ["ajp://a:8009/", "http://", "http://a$1/", "http://a:x/", "/a"] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }
}
