//! `resolvers` sections (configuration manual, chapter 5.3.2): name servers, and how they are asked.
//!
//! They are known before all other sections, as servers and rules number them. Where no section is called `default`, there is one
//! with the system's name servers, unless it has none.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use base::units::TimeUnit;
use diag::{Diagnostic, codes};
use keyword::Sections;
use resolve::{PAYLOAD_BYTES_MAX, PAYLOAD_BYTES_MIN, Settings};
use rules::Words;
use sample::Problem;
use sample::compile::{Names, problem_of};
use syntax::Word;

use super::value;
use crate::address::{self, Address, Host, Ports, Target, Transport};
use crate::context::Context;
use crate::load::Section;
use crate::model::{Config, Nameserver, NameserverAddress, ResolversConfig};
use crate::names::NameTable;

pub(super) const KEYWORDS: &[&str] =
    &["accepted_payload_size", "hold", "nameserver", "parse-resolv-conf", "resolve_retries", "timeout"];
const HOLDS: &[&str] = &["nx", "obsolete", "other", "refused", "timeout", "valid"];
/// The name of the section that is always there.
const DEFAULT: &str = "default";
/// Where the system keeps the addresses of its name servers.
const RESOLV_CONF: &[u8] = b"/etc/resolv.conf";
const DNS_PORT: u16 = 53;
/// A number below this without a unit was probably not meant in milliseconds.
const SUSPICIOUS_MS: u128 = 100;

/// Parses all `resolvers` sections.
pub(crate) fn parse_all(list: &[Section], config: &mut Config, mut cx: Context<'_>) {
    for section in list.iter().filter(|section| section.kind == Sections::RESOLVERS) {
        let header = &section.header;
        let Some(name) = header.words.get(1) else {
            let text = "a `resolvers` section needs a name";
            cx.diags.push(Diagnostic::error(text).at(header.span).code(codes::SECTION_NAME));
            continue;
        };
        if config.resolvers.iter().any(|other| other.name.as_bytes() == name.text) {
            let text = format!("a `resolvers` section `{}` exists already", name.lossy());
            cx.diags.push(Diagnostic::error(text).at(name.span).code(codes::DUPLICATE));
        }
        let mut resolvers = ResolversConfig { name: value::text(name), ..ResolversConfig::default() };
        for line in &section.lines {
            if let Err(problem) = parse_line(&mut Words::new(line, 0), &mut resolvers, &mut cx) {
                cx.report(problem);
            }
        }
        if resolvers.nameservers.is_empty() {
            let text = format!("`resolvers` section `{}` has no name servers", resolvers.name);
            cx.diags.push(Diagnostic::warning(text).at(header.span).code(codes::NO_EFFECT));
        }
        config.resolvers.push(resolvers);
    }
}

/// Adds the section `default` where there is none and the system has name servers.
pub(crate) fn add_default(names: &mut NameTable, config: &mut Config) {
    if names.resolvers(DEFAULT.as_bytes()).is_some() {
        return;
    }
    let Ok(text) = names.file(RESOLV_CONF) else { return };
    let mut nameservers = Vec::new();
    for line in lines(&text) {
        if let Line::Nameserver(text, ip) = line {
            push_system(&mut nameservers, text, ip);
        }
    }
    if !nameservers.is_empty() {
        names.add_section(Sections::RESOLVERS, DEFAULT.as_bytes());
        let name = DEFAULT.into();
        config.resolvers.push(ResolversConfig { name, nameservers, settings: Settings::default() });
    }
}

fn parse_line(
    words: &mut Words<'_>,
    resolvers: &mut ResolversConfig,
    cx: &mut Context<'_>,
) -> Result<(), Problem> {
    let Some(keyword) = words.next() else { return Ok(()) };
    let settings = &mut resolvers.settings;
    match keyword.text.as_slice() {
        b"nameserver" => return nameserver(words, resolvers),
        b"parse-resolv-conf" => resolv_conf(keyword, resolvers, cx)?,
        b"hold" => {
            let event = HOLDS[value::choice(words.need("the kind of answer")?, HOLDS)?];
            let time = time(words, cx)?;
            let holds = &mut settings.holds;
            *match event {
                "nx" => &mut holds.nx,
                "obsolete" => &mut holds.obsolete,
                "other" => &mut holds.other,
                "refused" => &mut holds.refused,
                "timeout" => &mut holds.timeout,
                _ => &mut holds.valid,
            } = time;
        }
        b"timeout" => {
            let which = value::choice(words.need("`resolve` or `retry`")?, &["resolve", "retry"])?;
            let time = time(words, cx)?;
            *(if which == 0 { &mut settings.resolve } else { &mut settings.retry }) = time;
        }
        b"resolve_retries" => {
            settings.tries = value::number(words.need("a number")?, "the tries", value::COUNT, cx.diags)?;
        }
        b"accepted_payload_size" => {
            let range = i64::from(PAYLOAD_BYTES_MIN)..=i64::from(PAYLOAD_BYTES_MAX);
            let word = words.need("the number of bytes")?;
            settings.payload_bytes_max = value::number(word, "the length of an answer", range, cx.diags)?;
        }
        b"resolution_pool_size" => {
            return Err(problem_of(
                codes::UNKNOWN_KEYWORD,
                keyword.span,
                "`resolution_pool_size` never came into a released version; the line can go",
            ));
        }
        _ => return Err(super::other::unknown(keyword, KEYWORDS, Sections::RESOLVERS)),
    }
    words.done()
}

fn time(words: &mut Words<'_>, cx: &mut Context<'_>) -> Result<Duration, Problem> {
    let word = words.need("a duration")?;
    let time = value::duration(word, TimeUnit::Millis)?;
    let is_number = word.text.iter().all(u8::is_ascii_digit);
    if is_number && !time.is_zero() && time.as_millis() < SUSPICIOUS_MS {
        let text = format!(
            "{} milliseconds are very short; a unit makes clear that they are meant",
            time.as_millis()
        );
        cx.warn_of(codes::TIME_UNIT, word.span, text);
    }
    Ok(time)
}

fn nameserver(words: &mut Words<'_>, resolvers: &mut ResolversConfig) -> Result<(), Problem> {
    let name = words.need("the name server's name")?;
    if resolvers.nameservers.iter().any(|other| other.name.as_bytes() == name.text) {
        let text = format!("a name server `{}` exists already in this section", name.lossy());
        return Err(problem_of(codes::DUPLICATE, name.span, text));
    }
    let address = place(words.need("the name server's address")?)?;
    if let (NameserverAddress::Tcp(_), Some(word)) = (&address, words.peek()) {
        // Those would be words of a server; behind datagrams they mean nothing, and nobody looks at them.
        return Err(Box::new(keyword::built::refused(&word.lossy().to_string()).at(word.span)));
    }
    resolvers.nameservers.push(Nameserver { name: value::text(name), address });
    Ok(())
}

/// Where a name server is; a name is resolved by the system.
fn place(word: &Word) -> Result<NameserverAddress, Problem> {
    let address = Address::parse(word)?;
    let wrong = |text: &str| Err(problem_of(codes::ADDRESS, word.span, text));
    let Target::Inet { host, family, ports } = address.target else {
        return wrong("a name server has an IP address here");
    };
    let port = match ports {
        Ports::Range(low, high) if low == high && low > 0 => low,
        Ports::Range(..) | Ports::Offset(_) => return wrong("a name server has one port"),
        Ports::None => return wrong("the port of the name server is missing, as in `127.0.0.1:53`"),
    };
    let ip = match host {
        Host::Ip(ip) => ip,
        Host::Name(name) => address::resolve(&name, family)
            .map_err(|message| problem_of(codes::ADDRESS, word.span, message))?,
    };
    let place = SocketAddr::new(ip, port);
    match address.transport {
        None | Some(Transport::Datagram) => Ok(NameserverAddress::Udp(place)),
        Some(Transport::Stream) => Ok(NameserverAddress::Tcp(place)),
        Some(Transport::Multipath | Transport::Quic) => {
            wrong("name servers are asked by datagrams or over plain TCP")
        }
    }
}

/// A line of `/etc/resolv.conf` that is about name servers.
enum Line<'t> {
    /// An address, as written and as it is.
    Nameserver(&'t str, IpAddr),
    /// What stands for one and is none.
    Wrong(&'t str),
    /// Nothing follows.
    Nothing,
}

fn lines(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let text = text.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    text.filter_map(|line| {
        let rest = line
            .strip_prefix("nameserver")
            .filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))?;
        let Some(word) = rest.split_whitespace().next() else { return Some(Line::Nothing) };
        // The interface of a link-local address is for the system alone.
        let ip = word.split('%').next().and_then(|ip| ip.parse().ok());
        Some(ip.map_or(Line::Wrong(word), |ip| Line::Nameserver(word, ip)))
    })
}

/// Adds a name server of the system; false: there is one of this name.
fn push_system(list: &mut Vec<Nameserver>, text: &str, ip: IpAddr) -> bool {
    let is_new = list.iter().all(|other| *other.name != *text);
    if is_new {
        let address = NameserverAddress::Udp(SocketAddr::new(ip, DNS_PORT));
        list.push(Nameserver { name: text.into(), address });
    }
    is_new
}

/// `parse-resolv-conf`.
fn resolv_conf(keyword: &Word, resolvers: &mut ResolversConfig, cx: &mut Context<'_>) -> Result<(), Problem> {
    let text = cx.names.file(RESOLV_CONF).map_err(|error| {
        problem_of(codes::FILE_UNREADABLE, keyword.span, format!("/etc/resolv.conf cannot be read: {error}"))
    })?;
    for line in lines(&text) {
        let wrong = match line {
            Line::Nameserver(text, ip) if push_system(&mut resolvers.nameservers, text, ip) => continue,
            Line::Nameserver(text, _) => format!("the name server `{text}` is there already"),
            Line::Wrong(text) => format!("`{text}` is no address of a name server"),
            Line::Nothing => "a name server without an address".to_owned(),
        };
        cx.warn(keyword.span, format!("in /etc/resolv.conf: {wrong}; the line is passed over"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::testing::{errors, good, warnings};

    #[test]
    fn a_section_and_its_lines() {
        let text = "resolvers r\n  nameserver a 127.0.0.1:53\n  nameserver b udp@[::1]:54\n  nameserver c tcp@10.0.0.1:55\n  \
                    hold nx 1s\n  hold obsolete 2s\n  hold other 3s\n  hold refused 4s\n  hold timeout 5s\n  hold valid 0\n  \
                    timeout resolve 6s\n  timeout retry 7s\n  resolve_retries 9\n  accepted_payload_size 8192\n\
                    resolvers plain\n";
        let config = good(text);
        let [section, plain] = config.resolvers.as_slice() else { panic!("{:?}", config.resolvers) };
        let addresses: Vec<_> = section.nameservers.iter().map(|server| server.address).collect();
        let at = |text: &str| text.parse().unwrap();
        assert_eq!(
            addresses,
            [
                NameserverAddress::Udp(at("127.0.0.1:53")),
                NameserverAddress::Udp(at("[::1]:54")),
                NameserverAddress::Tcp(at("10.0.0.1:55")),
            ]
        );
        let settings = &section.settings;
        let holds = settings.holds;
        let times = [holds.nx, holds.obsolete, holds.other, holds.refused, holds.timeout, holds.valid];
        assert_eq!(times.map(|time| time.as_secs()), [1, 2, 3, 4, 5, 0]);
        assert_eq!((settings.resolve.as_secs(), settings.retry.as_secs()), (6, 7));
        assert_eq!((settings.tries, settings.payload_bytes_max), (9, 8192));
        assert_eq!(plain.settings, Settings::default());
        assert!(warnings(text)[0].contains("`plain` has no name servers"));
        assert_eq!(warnings(&format!("{text}  hold nx 30\n")).len(), 2);
    }

    #[test]
    fn mistakes() {
        let first =
            |line: &str| errors(&format!("resolvers r\n  {line}\n")).into_iter().next().unwrap_or_default();
        assert_eq!(
            first("nameserve a 127.0.0.1:53"),
            "2:3 unknown keyword `nameserve` in a resolvers section -> nameserver"
        );
        for line in [
            "nameserver a",
            "nameserver a 127.0.0.1",
            "nameserver a 127.0.0.1:0",
            "nameserver a quic4@127.0.0.1:53",
            "nameserver a /run/dns",
            "nameserver a tcp@127.0.0.1:53 ssl verify none",
            "nameserver a 127.0.0.1:53\n  nameserver a 127.0.0.2:53",
            "hold ever 1s",
            "hold nx",
            "timeout other 1s",
            "resolve_retries x",
            "accepted_payload_size 11",
            "accepted_payload_size 65536",
            "resolution_pool_size 3",
            "parse-resolv-conf",
        ] {
            assert_ne!(first(line), "", "{line}");
        }
        assert_eq!(first("nameserver a 127.0.0.1:53 ssl"), "", "words behind datagrams mean nothing");
        assert!(!errors("resolvers\n").is_empty());
        assert!(!errors("resolvers r\nresolvers r\n").is_empty());
    }

    #[test]
    fn name_servers_of_the_system() {
        let text = b"# nameserver 1.1.1.1\nsearch x\nnameserver 10.0.0.53 x\nnameserver\t::1\nnameserver no\nnameserver\nnameservers 1.1.1.2\n";
        let found: Vec<String> = lines(text)
            .map(|line| match line {
                Line::Nameserver(text, _) => text.to_owned(),
                Line::Wrong(text) => format!("wrong {text}"),
                Line::Nothing => "nothing".to_owned(),
            })
            .collect();
        assert_eq!(found, ["10.0.0.53", "::1", "wrong no", "nothing"]);
    }
}
