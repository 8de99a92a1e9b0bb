//! Which `bind` line a request comes in through.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use config::Config;
use config::model::{Bind, BindAddress, ProxyConfig};
use state::proxy::Mode;

use super::{Entry, Named, Question, Scheme, Untraceable};

/// The frontend that was found.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    /// Its place among the proxies.
    pub(super) proxy: usize,
    /// Its `bind` line among all of enabled proxies, which is its listener's place.
    pub(super) listener: Option<usize>,
    /// What is told of it.
    pub(super) entry: Entry,
    /// The address that the client connects to.
    pub(super) dst: SocketAddr,
    /// What is to be said about the choice.
    pub(super) notes: Vec<String>,
}

/// One `bind` line, or a frontend without one.
struct Candidate<'c> {
    index: usize,
    proxy: &'c ProxyConfig,
    listener: Option<usize>,
    bind: Option<&'c Bind>,
}

/// Finds the `bind` line that the question leads to.
pub(super) fn choose(config: &Config, question: &Question) -> Result<Chosen, Untraceable> {
    let mut list = candidates(config);
    if let Some(name) = &question.frontend {
        list.retain(|c| c.proxy.name == *name);
        if list.is_empty() {
            return Err(Untraceable::NoFrontend(name.clone()));
        }
    }
    if let Some(wanted) = &question.bind {
        list.retain(|c| c.bind.is_some_and(|bind| is_called(bind, wanted)));
        if list.is_empty() {
            return Err(Untraceable::NoBind(wanted.clone()));
        }
    }
    let best = list.iter().map(|c| c.rank(question)).max().ok_or(Untraceable::NothingAccepts)?;
    let mut fitting = list.iter().filter(|c| c.rank(question) == best);
    let chosen = fitting.next().ok_or(Untraceable::NothingAccepts)?;
    let others: Vec<String> = fitting.map(Candidate::shown).collect();
    let mut notes = Vec::new();
    if !others.is_empty() {
        notes.push(format!(
            "{} is the first of several that fit; the others: {} (`--frontend` and `--bind` choose)",
            chosen.shown(),
            others.join(", ")
        ));
    }
    notes.extend(chosen.reservations(question));
    Ok(chosen.result(question, notes))
}

/// All `bind` lines of enabled proxies in their order, which is that of listeners, then frontends without any.
fn candidates(config: &Config) -> Vec<Candidate<'_>> {
    let mut list = Vec::new();
    let mut listener = 0;
    let enabled = || config.proxies.iter().enumerate().filter(|(_, p)| !p.is_disabled);
    for (index, proxy) in enabled() {
        for bind in &proxy.binds {
            list.push(Candidate { index, proxy, listener: Some(listener), bind: Some(bind) });
            listener += 1;
        }
    }
    for (index, proxy) in enabled().filter(|(_, p)| p.sides.has_frontend() && p.binds.is_empty()) {
        list.push(Candidate { index, proxy, listener: None, bind: None });
    }
    list
}

fn is_called(bind: &Bind, wanted: &str) -> bool {
    bind.name.as_deref() == Some(wanted)
        || address_text(bind) == wanted
        || wanted.parse::<SocketAddr>().is_ok_and(|addr| inet(bind) == Some(addr))
        || wanted.strip_prefix(':').is_some_and(|port| {
            inet(bind).is_some_and(|a| a.ip().is_unspecified() && a.port().to_string() == port)
        })
        || wanted.strip_prefix("*:").is_some_and(|port| {
            inet(bind).is_some_and(|a| a.ip().is_unspecified() && a.port().to_string() == port)
        })
}

fn inet(bind: &Bind) -> Option<SocketAddr> {
    match &bind.address {
        BindAddress::Endpoint(endpoint) => endpoint.inet(),
        BindAddress::Inherited(_) => None,
    }
}

fn address_text(bind: &Bind) -> String {
    match &bind.address {
        BindAddress::Endpoint(endpoint) => match endpoint.inet() {
            Some(addr) if addr.ip().is_unspecified() => format!(":{}", addr.port()),
            _ => endpoint.to_string(),
        },
        BindAddress::Inherited(fd) => format!("fd@{fd}"),
    }
}

impl Candidate<'_> {
    fn has_tls(&self) -> bool {
        self.bind.is_some_and(|bind| bind.tls.is_some())
    }

    /// How well it fits, the first thing first: what is spoken, the port, the address.
    fn rank(&self, question: &Question) -> (u8, u8, u8) {
        let is_http = matches!(question.scheme, Scheme::Http | Scheme::Https);
        let speech = match (self.has_tls() == question.scheme.is_tls(), self.proxy.mode == Mode::Http) {
            (true, mode) if mode == is_http => 3,
            (true, _) => 2,
            // TLS that goes through unread.
            (false, false) if question.scheme.is_tls() => 2,
            (false, _) => u8::from(self.bind.is_none()),
        };
        let Some(bind) = self.bind else { return (0, speech, 0) };
        let Some(addr) = inet(bind) else { return (0, speech, 0) };
        let is_here = wanted_ip(question).is_none_or(|ip| addr.ip().is_unspecified() || addr.ip() == ip);
        let port = question.dst.map_or(question.port, |dst| dst.port());
        let exact = wanted_ip(question) == Some(addr.ip());
        // The port tells more than what is spoken, unless it is served in a way that cannot be meant.
        let fits = addr.port() == port && is_here;
        (if fits && speech > 0 { 2 } else { u8::from(fits) }, speech, u8::from(exact))
    }

    fn shown(&self) -> String {
        match self.bind {
            Some(bind) => format!("`{}` ({})", self.proxy.name, bind_text(bind)),
            None => format!("`{}`", self.proxy.name),
        }
    }

    /// What does not fit about the choice.
    fn reservations(&self, question: &Question) -> Vec<String> {
        let mut notes = Vec::new();
        let port = question.dst.map_or(question.port, |dst| dst.port());
        match self.bind {
            None => notes.push(format!("`{}` has no `bind` line; one is assumed", self.proxy.name)),
            Some(bind) => {
                if inet(bind).is_some_and(|addr| addr.port() != port) {
                    notes.push(format!(
                        "nothing that fits listens on port {port}: {} is taken",
                        bind_text(bind)
                    ));
                }
                let is_read = self.proxy.mode == Mode::Http;
                if !self.has_tls() && question.scheme.is_tls() && is_read {
                    notes.push(
                        "this `bind` line does not speak TLS: the request is taken as clear".to_owned(),
                    );
                }
                if self.has_tls() && !question.scheme.is_tls() {
                    notes.push("this `bind` line speaks TLS: the request is taken as under it".to_owned());
                }
                if bind.accepts_proxy {
                    notes.push(
                        "a PROXY protocol header comes first on this `bind` line: addresses are taken as it tells \
                         them"
                            .to_owned(),
                    );
                }
            }
        }
        notes
    }

    fn result(&self, question: &Question, notes: Vec<String>) -> Chosen {
        let is_tls = if self.bind.is_some() { self.has_tls() } else { question.scheme.is_tls() };
        let place = |span: diag::Span| Some(span.into());
        let bind = self.bind.map(|bind| Named { name: bind_text(bind).into(), place: place(bind.span) });
        let frontend = Named { name: self.proxy.name.clone(), place: place(self.proxy.span) };
        let bound = self.bind.and_then(inet);
        let ip = wanted_ip(question)
            .or(bound.map(|addr| addr.ip()).filter(|ip| !ip.is_unspecified()))
            .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let port = bound.map_or(question.port, |addr| addr.port());
        Chosen {
            proxy: self.index,
            listener: self.listener,
            entry: Entry { frontend, bind, is_tls },
            dst: question.dst.unwrap_or(SocketAddr::new(ip, port)),
            notes,
        }
    }
}

/// The address that the client connects to, as far as the question tells it.
fn wanted_ip(question: &Question) -> Option<IpAddr> {
    let host = question.host.as_deref().map(|host| host.trim_matches(['[', ']']));
    question.dst.map(|dst| dst.ip()).or_else(|| host?.parse().ok())
}

fn bind_text(bind: &Bind) -> String {
    let mut text = format!("bind {}", address_text(bind));
    if bind.tls.is_some() {
        text.push_str(" ssl");
    }
    if let Some(name) = &bind.name {
        text.push_str(" name ");
        text.push_str(name);
    }
    text
}
