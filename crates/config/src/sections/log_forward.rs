//! `log-forward` sections (configuration manual, chapter 12.6): syslog messages that come in over UDP or streams and go
//! out to the section's `log` lines.
//!
//! Most of its keywords are those of proxies, and are parsed by their rows for a proxy that only holds them.

use diag::{Diagnostic, codes};
use keyword::Sections;
use logs::{Framing, HostPolicy};
use rules::Words;
use sample::Problem;
use sample::compile::{Names, problem_of};
use state::proxy::{Mode, Sides};

use super::{bind, proxy, value};
use crate::address;
use crate::context::{BindParse, Context, Pass, Polarity, ProxyParse};
use crate::load::Section;
use crate::model::{Bind, BindAddress, Config, LogForward, ProxyConfig};
use crate::reader::ProxyReader;

const KEYWORDS: &[&str] = &["backlog", "bind", "dgram-bind", "log", "maxconn", "option", "timeout"];

const OPTIONS: &[&str] = &["assume-rfc6587-ntf", "dont-parse-log", "host"];

/// Connections at once where `maxconn` says nothing.
const MAXCONN_DEFAULT: u32 = 10;

/// Parses one section into `config.log_forwards`.
pub(crate) fn parse(section: &Section, config: &mut Config, cx: Context<'_>) {
    let header = &section.header;
    let Some(word) = header.words.get(1) else {
        cx.diags.push(
            Diagnostic::error("a `log-forward` needs a name").at(header.span).code(codes::SECTION_NAME),
        );
        return;
    };
    if let Some(extra) = header.words.get(2) {
        let text = format!("`{}` stands behind the name, where nothing belongs", extra.lossy());
        cx.diags.push(Diagnostic::error(text).at(extra.span).code(codes::EXTRA_WORD));
    }
    let name = value::text(word);
    if config.log_forwards.iter().any(|other| other.proxy.name == name) {
        cx.diags.push(
            Diagnostic::error(format!("a log-forward `{name}` exists already"))
                .at(word.span)
                .code(codes::DUPLICATE),
        );
        return;
    }
    if cx.names.proxy(&word.text, Sides::Both).is_some() {
        let text = format!("a proxy is called `{name}` already");
        cx.diags.push(Diagnostic::error(text).at(word.span).code(codes::DUPLICATE));
    }
    let mut carrier = ProxyConfig::new(super::NO_PROXY, name, Sides::Frontend, header.span);
    carrier.mode = Mode::Tcp;
    carrier.maxconn = MAXCONN_DEFAULT;
    let mut own = Own::default();
    let mut reader = ProxyReader::new(Sections::FRONTEND, &mut carrier, &config.global, cx);
    for line in &section.lines {
        reader.read(line, Pass::Own, |words, parse| parse_line(words, &mut own, parse));
    }
    bind::complete_proxy(&mut reader.at(Pass::Own, header.span));
    let Own { datagrams, host, framing, is_raw } = own;
    config.log_forwards.push(LogForward { proxy: carrier, datagrams, host, framing, is_parsed: !is_raw });
}

/// What the section says that no proxy has.
#[derive(Debug, Default)]
struct Own {
    datagrams: Vec<Bind>,
    host: HostPolicy,
    framing: Framing,
    /// `option dont-parse-log`.
    is_raw: bool,
}

fn parse_line(words: &mut Words<'_>, own: &mut Own, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let all = &words.line().words;
    let negation = usize::from(all.len() > 1 && (all[0] == "no" || all[0] == "default"));
    let keyword = &all[negation];
    match keyword.text.as_slice() {
        b"option" => {
            let polarity = match all[0].text.as_slice() {
                b"no" => Polarity::No,
                b"default" => Polarity::Default,
                _ => Polarity::Set,
            };
            for _ in 0..=negation {
                words.next();
            }
            return option(words, polarity, own);
        }
        b"timeout" if all.get(1).is_some_and(|word| *word != "client") => {
            return Err(value::unexpected(&all[1], &["client"]));
        }
        b"backlog" | b"bind" | b"dgram-bind" | b"log" | b"maxconn" | b"timeout" => {}
        _ => return Err(super::other::unknown(keyword, KEYWORDS, Sections::LOG_FORWARD)),
    }
    if keyword.text != b"dgram-bind" {
        return proxy::parse_line(words, parse);
    }
    parse.span = keyword.span;
    words.next();
    own.datagrams.append(&mut datagram_bind(words, parse)?);
    Ok(())
}

/// `dgram-bind ADDRESS... [WORD...]`: the words are those of `bind`; of no use for datagrams, most have no effect.
fn datagram_bind(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<Vec<Bind>, Problem> {
    let first = words.need("an address and port to listen on")?;
    let addresses = address::datagram_list(first)?;
    for bound in &addresses {
        if !matches!(&bound.address, BindAddress::Endpoint(net::Endpoint::Inet(_))) {
            return Err(problem_of(
                codes::ADDRESS,
                bound.span,
                "datagrams are received over UDP: an IP address and a port",
            ));
        }
    }
    let mut bind = bind::template(&addresses[0], words, parse);
    let mut tls = bind::Draft::default();
    while let Some(word) = words.next() {
        let name = word.as_str().unwrap_or_default();
        let Some(row) = bind::rows::TABLE.get(name) else { return Err(bind::rows::unknown(word)) };
        let mut one = BindParse { bind: &mut bind, tls: &mut tls, line: parse, span: word.span };
        (row.parse)(words, &mut one)?;
    }
    let of = |bound: address::Bound| Bind { address: bound.address, span: bound.span, ..bind.clone() };
    Ok(addresses.into_iter().map(of).collect())
}

fn option(words: &mut Words<'_>, polarity: Polarity, own: &mut Own) -> Result<(), Problem> {
    let is_on = polarity == Polarity::Set;
    match value::choice(words.need("the option")?, OPTIONS)? {
        0 => own.framing = if is_on { Framing::Lines } else { Framing::Detect },
        1 => own.is_raw = is_on,
        _ => {
            let names = ["replace", "fill", "keep", "append"];
            let policies = [HostPolicy::Replace, HostPolicy::Fill, HostPolicy::Keep, HostPolicy::Append];
            let word = words.need("`replace`, `fill`, `keep` or `append`")?;
            let chosen = policies[value::choice(word, &names)?];
            own.host = if is_on { chosen } else { HostPolicy::default() };
        }
    }
    words.done()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sections::testing::{errors, good, warnings};

    const FULL: &str = "global\n  log 127.0.0.1:5140 local1\nring r\n  size 32k\nlog-forward in\n  backlog 5\n  \
                        bind 127.0.0.1:6514,127.0.0.1:6515 name x\n  dgram-bind 127.0.0.1:1514 interface lo\n  \
                        dgram-bind [::1]:1514\n  log global\n  log ring@r local0\n  log stdout format raw sample 1:2 daemon\n  \
                        maxconn 20\n  timeout client 30s\n  option dont-parse-log\n  option assume-rfc6587-ntf\n  \
                        option host append\n";

    #[test]
    fn a_section_and_its_lines() {
        let config = good(FULL);
        let forward = &config.log_forwards[0];
        let proxy = &forward.proxy;
        assert_eq!((&*proxy.name, proxy.maxconn, proxy.backlog), ("in", 20, Some(5)));
        assert_eq!((proxy.binds.len(), forward.datagrams.len(), proxy.logs.len()), (2, 2, 3));
        assert_eq!(proxy.timeouts.client, Some(Duration::from_secs(30)));
        assert_eq!(forward.datagrams[0].options.interface.as_deref(), Some("lo"));
        assert_eq!((forward.host, forward.framing), (HostPolicy::Append, Framing::Lines));
        assert!(!forward.is_parsed && config.proxies.is_empty());
        assert_eq!(warnings(FULL), [""; 0]);
    }

    #[test]
    fn what_is_not_said() {
        let config = good(
            "log-forward in\n  option dont-parse-log\n  no option dont-parse-log\n  log stdout daemon\n",
        );
        let forward = &config.log_forwards[0];
        assert_eq!((forward.proxy.maxconn, forward.proxy.timeouts.client), (10, None));
        assert_eq!((forward.host, forward.framing), (HostPolicy::Fill, Framing::Detect));
        assert!(forward.is_parsed);
    }

    #[test]
    fn mistakes() {
        let one = |line: &str| errors(&format!("log-forward in\n  {line}\n")).join("\n");
        assert_eq!(
            one("dgram-bnd 127.0.0.1:1"),
            "2:3 unknown keyword `dgram-bnd` in a log-forward section -> dgram-bind"
        );
        assert!(one("timeout server 1s").contains("unexpected word `server`"));
        assert!(one("option httplog").contains("unexpected word `httplog`"));
        assert!(one("option host maybe").contains("unexpected word `maybe`"));
        assert!(one("dgram-bind tcp@127.0.0.1:1").contains("datagrams"));
        assert!(one("dgram-bind /tmp/s").contains("datagrams"));
        assert!(one("dgram-bind 127.0.0.1:1 nmae x").contains("nmae"));
        assert!(!one("server s 127.0.0.1:1").is_empty());
        assert_eq!(errors("log-forward a\nlog-forward a\n").len(), 1);
        assert_eq!(errors("backend a\nlog-forward a\n").len(), 1);
        assert_eq!(errors("log-forward\n").len(), 1);
    }
}
