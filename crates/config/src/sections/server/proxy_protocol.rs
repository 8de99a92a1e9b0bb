//! The PROXY protocol towards servers (chapter 5.2).

use rules::Words;
use sample::compile::problem;
use sample::logformat::{LogFormat, Style};
use sample::{Place, Problem};

use super::rows::usage;
use super::{keyword_of, not_yet};
use crate::context::ServerParse;
use crate::row::ServerRow;
use crate::sections::value;

pub(super) static ROWS: &[ServerRow] = &[
    ServerRow::new(
        "send-proxy",
        |_, parse| {
            parse.server.send_proxy = Some(1);
            Ok(())
        },
        "connections begin with a PROXY protocol header, version 1",
        usage!["server s9 127.0.0.1:8081 send-proxy"],
    ),
    ServerRow::new(
        "send-proxy-v2",
        version_2,
        "the same, version 2",
        usage!["server s9 127.0.0.1:8081 send-proxy-v2"],
    ),
    ServerRow::new(
        "send-proxy-v2-ssl",
        version_2,
        "version 2 with what is known of the client's TLS",
        usage!["server s9 127.0.0.1:8081 send-proxy-v2-ssl"],
    ),
    ServerRow::new(
        "send-proxy-v2-ssl-cn",
        version_2,
        "the same with the name in the client's certificate",
        usage!["server s9 127.0.0.1:8081 send-proxy-v2-ssl-cn"],
    ),
    ServerRow::new(
        "no-send-proxy",
        without,
        "takes an inherited `send-proxy` back",
        usage!["server s9 127.0.0.1:8081 no-send-proxy"],
    ),
    ServerRow::new(
        "no-send-proxy-v2",
        without,
        "takes an inherited `send-proxy-v2` back",
        usage!["server s9 127.0.0.1:8081 no-send-proxy-v2"],
    ),
    ServerRow::new(
        "no-send-proxy-v2-ssl",
        without,
        "takes an inherited `send-proxy-v2-ssl` back",
        usage!["server s9 127.0.0.1:8081 no-send-proxy-v2-ssl"],
    ),
    ServerRow::new(
        "no-send-proxy-v2-ssl-cn",
        without,
        "takes an inherited `send-proxy-v2-ssl-cn` back",
        usage!["server s9 127.0.0.1:8081 no-send-proxy-v2-ssl-cn"],
    ),
    ServerRow::new(
        "proxy-v2-options",
        options,
        "what version 2 tells besides addresses",
        usage!["server s9 127.0.0.1:8081 send-proxy-v2 proxy-v2-options crc32c,unique-id"],
    ),
    ServerRow::new(
        "set-proxy-v2-tlv-fmt",
        tlv,
        "a field of version 2, by a format",
        usage!["server s9 127.0.0.1:8081 send-proxy-v2 set-proxy-v2-tlv-fmt(0xE0) %[src]"],
    ),
];

fn version_2(_: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    parse.server.send_proxy = Some(2);
    Ok(())
}

fn without(_: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    parse.server.send_proxy = None;
    Ok(())
}

fn options(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    const OPTIONS: &[&str] =
        &["ssl", "cert-cn", "cert-key", "cert-sig", "ssl-cipher", "authority", "crc32c", "unique-id"];
    let word = words.need("a list of options")?;
    for part in word.text.split(|byte| *byte == b',') {
        let part = syntax::Word { text: part.to_vec(), ..word.clone() };
        value::choice(&part, OPTIONS)?;
    }
    not_yet(parse, "proxy-v2-options");
    Ok(())
}

/// `set-proxy-v2-tlv-fmt[(TYPE)] [FORMAT]`; the type fits a byte.
fn tlv(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let keyword = keyword_of(words, parse);
    let number = match keyword.as_str().unwrap_or_default().split_once('(') {
        // HAProxy takes a field without a type as one of type 0.
        None => Some(0),
        Some((_, text)) => text.strip_suffix(')').and_then(byte),
    };
    if number.is_none() {
        let text = "the type of the field is a number in parentheses, as in `(0xE0)`; 255 is the largest";
        return Err(problem(keyword.span, text));
    }
    // Without a format the field is empty.
    if let Some(word) = words.next() {
        parse.line.compile(Place::BackendRequest, word.span, |compile, _| {
            LogFormat::compile(&word.text, Style::Text, compile).map(drop)
        })?;
    }
    not_yet(parse, "set-proxy-v2-tlv-fmt");
    Ok(())
}

/// A byte in decimal, or in hexadecimal behind `0x`.
fn byte(text: &str) -> Option<u8> {
    match text.strip_prefix("0x") {
        Some(hex) => u8::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}
