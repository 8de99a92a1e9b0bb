//! Where server connections come from and, in old files, where they go: `source`, `dispatch`, `transparent` (chapter 4.2).

use diag::codes;
use keyword::Sections;
use net::{ConnectOptions, Endpoint};
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;
use syntax::Word;

use super::args;
use super::rows::{SERVER, usage};
use crate::address;
use crate::context::ProxyParse;
use crate::model::{Toggle, UseSrc};
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "source",
        SERVER,
        source,
        "the address that servers see as the client's",
        usage!["source 127.0.0.1", "source 0.0.0.0 usesrc clientip", "source 0.0.0.0 interface lo"],
    ),
    ProxyRow::new(
        "dispatch",
        Sections::SERVER_SIDE,
        dispatch,
        "one address for all requests that no server is meant for",
        usage!["dispatch 127.0.0.1:8080"],
    )
    .removed("server NAME ADDRESS"),
    ProxyRow::new(
        "transparent",
        SERVER,
        transparent,
        "connects to where the client wanted to go, as `option transparent`",
        usage!["transparent"],
    )
    .removed("server NAME 0.0.0.0"),
];

fn source(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("the address")?;
    let (address, ports) = address::source(word)?;
    if ports.is_some() {
        return Err(problem_of(
            codes::ADDRESS,
            word.span,
            "a proxy's source has one port, not a range of them",
        ));
    }
    let mut options = ConnectOptions { source: Some(address), ..ConnectOptions::default() };
    let mut usesrc = None;
    while let Some(word) = words.next() {
        match word.text.as_slice() {
            b"usesrc" => {
                usesrc = Some(use_source(words.need("an address, `client`, `clientip` or `hdr_ip(name)`")?)?)
            }
            b"interface" => options.interface = Some(args::text_of(words.need("the interface")?).into()),
            _ => return Err(args::unexpected(word, &["usesrc", "interface"])),
        }
    }
    parse.proxy.source = Some(options);
    parse.proxy.usesrc = usesrc;
    Ok(())
}

/// Reads the word behind `usesrc`.
pub(crate) fn use_source(word: &Word) -> Result<UseSrc, Problem> {
    match word.text.as_slice() {
        b"client" => Ok(UseSrc::Client),
        b"clientip" => Ok(UseSrc::ClientIp),
        text if text.starts_with(b"hdr_ip(") => header(word),
        _ => match address::source(word)? {
            (address, None) => Ok(UseSrc::Addr(address)),
            (_, Some(_)) => {
                Err(problem_of(codes::VALUE, word.span, "one port at most is wanted, not a range of them"))
            }
        },
    }
}

/// `hdr_ip(name[,occurrence])`; without an occurrence the last value counts.
fn header(word: &Word) -> Result<UseSrc, Problem> {
    /// HAProxy remembers so many values of a header, counted from the last.
    const OCCURRENCE_MIN: i32 = -10;
    let inner = args::in_parentheses(word, "hdr_ip")?.unwrap_or_default();
    let mut parts = inner.splitn(2, |byte| *byte == b',');
    let name = parts.next().unwrap_or_default().trim_ascii().into();
    let occurrence = match parts.next().map(<[u8]>::trim_ascii) {
        None => Some(-1),
        Some(text) => std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()),
    };
    match occurrence {
        Some(occurrence) if occurrence >= OCCURRENCE_MIN => Ok(UseSrc::Header { name, occurrence }),
        _ => Err(problem_of(codes::NUMBER, word.span, "the occurrence is a number, -10 at least")),
    }
}

fn dispatch(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("the address")?;
    let endpoint = address::fixed(word)?;
    if matches!(&endpoint, Endpoint::Inet(address) if address.port() == 0) {
        return Err(problem_of(codes::ADDRESS, word.span, "the port is missing"));
    }
    parse.proxy.dispatch = Some(endpoint);
    words.done()
}

fn transparent(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.options.transparent = Toggle::On;
    words.done()
}
