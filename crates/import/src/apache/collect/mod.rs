//! From directives to servers: each directive is a row of a table, and tells the server or the section that it stands in.
//! What has no row and is not known to be of no matter to a proxy is told as a problem.

mod access;
mod general;
mod headers;
mod ignored;
mod proxy;
mod rewrite;
mod tls;

pub(super) use proxy::{balancer_name, is_balancer};

use super::model::{Access, AccessRule, Config, HostAddress, Location, Parameter, Scope, Server, Switch};
use super::pattern::{Matcher, check};
use super::reader::{Directive, Item, Source, under};
use super::{Problem, Tree};

/// A directive that means something to a proxy.
pub(super) struct Row {
    /// In lower case.
    name: &'static str,
    take: fn(&mut Here<'_>, &Directive) -> Result<(), String>,
}

const fn row(name: &'static str, take: fn(&mut Here<'_>, &Directive) -> Result<(), String>) -> Row {
    Row { name, take }
}

static TABLES: &[&[Row]] =
    &[general::ROWS, proxy::ROWS, headers::ROWS, rewrite::ROWS, tls::ROWS, access::ROWS];

/// Where a directive stands.
struct Here<'a> {
    config: &'a mut Config,
    /// Which virtual host; none: the main server.
    host: Option<usize>,
    /// Which of its locations.
    location: Option<usize>,
    problems: &'a mut Vec<Problem>,
}

impl Here<'_> {
    fn server(&mut self) -> &mut Server {
        match self.host {
            Some(at) => &mut self.config.hosts[at],
            None => &mut self.config.main,
        }
    }

    fn location(&mut self) -> Option<&mut Location> {
        let at = self.location?;
        Some(&mut self.server().locations[at])
    }

    fn scope(&mut self) -> &mut Scope {
        match self.location {
            Some(at) => &mut self.server().locations[at].scope,
            None => &mut self.server().scope,
        }
    }

    /// A path below `ServerRoot`.
    fn path(&self, path: &str) -> String {
        under(&self.config.server_root, path)
    }

    fn problem(&mut self, source: &Source, message: impl Into<String>) {
        self.problems.push(Problem { place: source.place.clone(), message: message.into() });
    }
}

/// Makes servers of items.
pub(super) fn collect(
    _tree: &dyn Tree,
    items: Vec<Item>,
    server_root: String,
    problems: &mut Vec<Problem>,
) -> Config {
    let mut config = Config { server_root, ..Config::default() };
    let mut here = Here { config: &mut config, host: None, location: None, problems };
    here.items(&items);
    config
}

impl Here<'_> {
    fn items(&mut self, items: &[Item]) {
        access::collect(self, items);
        for item in items {
            match item {
                Item::Directive(directive) => self.directive(directive),
                Item::Section(directive, inner) => self.section(directive, inner),
            }
        }
    }

    fn directive(&mut self, directive: &Directive) {
        let row = TABLES.iter().flat_map(|table| table.iter()).find(|row| row.name == directive.key);
        let taken = match row {
            Some(row) => (row.take)(self, directive),
            None if ignored::is(&directive.key) => Ok(()),
            None => Err("is not carried over".to_owned()),
        };
        if let Err(text) = taken {
            let name = directive.source.text.split_whitespace().next().unwrap_or_default().to_owned();
            self.problem(&directive.source, format!("{name}: {text}"));
        }
    }

    fn section(&mut self, directive: &Directive, inner: &[Item]) {
        match directive.key.as_str() {
            "virtualhost" if self.host.is_none() && self.location.is_none() => {
                self.virtual_host(directive, inner)
            }
            "location" | "locationmatch" if self.location.is_none() => {
                self.location_section(directive, inner)
            }
            "proxy" if self.location.is_none() => proxy::section(self, directive, inner),
            "limit" | "limitexcept" | "if" if access::is_all(inner) => {}
            key if ignored::is_section(key) => self.ignored_section(inner),
            _ => {
                let text = format!(
                    "<{}> is not carried over, and nothing that is in it",
                    directive.source.text.trim_matches(['<', '>'])
                );
                self.problem(&directive.source, text);
            }
        }
    }

    /// What is about files may still send requests to servers.
    fn ignored_section(&mut self, inner: &[Item]) {
        for item in inner {
            match item {
                Item::Directive(it)
                    if matches!(it.key.as_str(), "rewriterule" | "proxypass" | "proxypassmatch") =>
                {
                    let text =
                        format!("{}: is not carried over within a section about files", it.source.text);
                    self.problem(&it.source, text);
                }
                Item::Directive(_) => {}
                Item::Section(_, deeper) => self.ignored_section(deeper),
            }
        }
    }

    fn virtual_host(&mut self, directive: &Directive, inner: &[Item]) {
        let mut addresses = Vec::new();
        for word in &directive.words {
            match host_address(word) {
                Some(address) => addresses.push(address),
                None => self.problem(
                    &directive.source,
                    format!(
                        "<VirtualHost {word}>: names are not looked up: it is not reached by this address"
                    ),
                ),
            }
        }
        let source = Some(directive.source.clone());
        self.config.hosts.push(Server { source, addresses, ..Server::default() });
        self.host = Some(self.config.hosts.len() - 1);
        self.items(inner);
        self.host = None;
    }

    /// A section whose expression cannot be used. One that limits access would be open to all, so all is closed.
    fn unmatched(&mut self, directive: &Directive, inner: &[Item], reason: &str) {
        let mut text = format!("{reason}; the section is not carried over");
        let is_open = |rule: &AccessRule| matches!(rule, AccessRule::Any(all) if matches!(all.as_slice(), [AccessRule::Granted]));
        if let Some(Access { source, rule }) = access::access(self, inner)
            && !is_open(&rule)
        {
            text.push_str("; it limits access, so nobody comes in until it is mended");
            self.server().scope.closed.push(Access { source, rule: AccessRule::Denied });
        }
        self.problem(&directive.source, text);
    }

    fn location_section(&mut self, directive: &Directive, inner: &[Item]) {
        let words: Vec<&str> = directive.words.iter().map(String::as_str).collect();
        let (matcher, path) = match (directive.key.as_str(), words.as_slice()) {
            ("location", ["~", regex, ..]) | ("locationmatch", [regex, ..]) => {
                if let Err(text) = check(regex) {
                    return self.unmatched(directive, inner, &text);
                }
                (Matcher::Regex((*regex).to_owned()), (*regex).to_owned())
            }
            ("location", [path, ..]) => (Matcher::location(path), (*path).to_owned()),
            _ => return self.problem(&directive.source, "a path is missing"),
        };
        let source = directive.source.clone();
        let location = Location { source, matcher, path, scope: Scope::default(), pass: None };
        self.server().locations.push(location);
        self.location = Some(self.server().locations.len() - 1);
        self.items(inner);
        self.location = None;
    }
}

/// `*:80`, `10.0.0.1:443`, `[::1]:80`, `_default_`, `*`.
fn host_address(text: &str) -> Option<HostAddress> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') && (!host.contains(':') || host.ends_with(']')) => {
            (host, port)
        }
        _ => (text, "*"),
    };
    let port = if port == "*" { None } else { Some(port.parse().ok()?) };
    let address = match host {
        "*" | "_default_" => None,
        _ => Some(host.trim_matches(['[', ']']).parse().ok()?),
    };
    Some(HostAddress { address, port })
}

fn switch(directive: &Directive) -> Result<Switch, String> {
    match directive.words.first().map(|word| word.to_lowercase()).as_deref() {
        Some("on") => Ok(Switch::On),
        Some("off") => Ok(Switch::Off),
        _ => Err("On or Off expected".to_owned()),
    }
}

fn first(directive: &Directive) -> Result<String, String> {
    directive.words.first().cloned().ok_or_else(|| "an argument is missing".to_owned())
}

/// A time: seconds, or a number with `ms`, `s`, `min` or `h`; milliseconds.
fn time_ms(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "ms" => 1,
        "" | "s" => 1000,
        "mi" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// The words of the form `key=value`, and the others.
fn parameters(directive: &Directive) -> (Vec<Parameter>, Vec<String>) {
    let mut parameters = Vec::new();
    let mut others = Vec::new();
    for word in &directive.words {
        match word.split_once('=') {
            Some((key, value))
                if !key.is_empty()
                    && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') =>
            {
                let (key, value) = (key.to_lowercase(), value.to_owned());
                parameters.push(Parameter { key, value, source: directive.source.clone() });
            }
            _ => others.push(word.clone()),
        }
    }
    (parameters, others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_hosts() {
        let any = HostAddress { address: None, port: Some(80) };
        assert_eq!(host_address("*:80"), Some(any));
        assert_eq!(host_address("_default_:80"), Some(any));
        assert_eq!(host_address("*"), Some(HostAddress { address: None, port: None }));
        let six = host_address("[::1]:443").unwrap();
        assert_eq!((six.address.unwrap().to_string().as_str(), six.port), ("::1", Some(443)));
        assert_eq!(host_address("www.example.com:80"), None);
    }

    #[test]
    fn times_have_units() {
        assert_eq!(time_ms("5"), Some(5000));
        assert_eq!(time_ms("500ms"), Some(500));
        assert_eq!(time_ms("2min"), Some(120_000));
        assert_eq!(time_ms("x"), None);
    }
}
