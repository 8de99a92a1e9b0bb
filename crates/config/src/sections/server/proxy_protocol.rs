//! The PROXY protocol towards servers (chapter 5.2).

use std::sync::Arc;

use rules::Words;
use sample::compile::problem;
use sample::logformat::{LogFormat, Style};
use sample::{Place, Problem};

use super::keyword_of;
use super::rows::usage;
use crate::context::ServerParse;
use crate::model::{ProxyTlvFormat, ProxyV2Options, SendProxy};
use crate::row::ServerRow;
use crate::sections::value;

pub(super) static ROWS: &[ServerRow] = &[
    ServerRow::new(
        "send-proxy",
        |_, parse| set(parse, |send| send.is_v1 = true),
        "connections begin with a PROXY protocol header, version 1",
        usage!["server s9 127.0.0.1:8081 send-proxy"],
    ),
    ServerRow::new(
        "send-proxy-v2",
        |_, parse| set(parse, |send| send.is_v2 = true),
        "begins connections with a PROXY protocol header of version 2",
        usage!["server s9 127.0.0.1:8081 send-proxy-v2"],
    ),
    ServerRow::new(
        "send-proxy-v2-ssl",
        |_, parse| set(parse, |send| (send.is_v2, send.v2.ssl) = (true, true)),
        "version 2 with what is known of the client's TLS",
        usage!["server s9 127.0.0.1:8081 send-proxy-v2-ssl"],
    ),
    ServerRow::new(
        "send-proxy-v2-ssl-cn",
        |_, parse| set(parse, |send| (send.is_v2, send.v2.ssl, send.v2.cert_cn) = (true, true, true)),
        "the header of version 2 tells of TLS, and of the name in the client's certificate",
        usage!["server s9 127.0.0.1:8081 send-proxy-v2-ssl-cn"],
    ),
    ServerRow::new(
        "no-send-proxy",
        |_, parse| set(parse, |send| send.is_v1 = false),
        "takes an inherited `send-proxy` back",
        usage!["server s9 127.0.0.1:8081 no-send-proxy"],
    ),
    ServerRow::new(
        "no-send-proxy-v2",
        |_, parse| set(parse, |send| send.is_v2 = false),
        "takes an inherited `send-proxy-v2` back",
        usage!["server s9 127.0.0.1:8081 no-send-proxy-v2"],
    ),
    ServerRow::new(
        "no-send-proxy-v2-ssl",
        |_, parse| set(parse, |send| (send.is_v2, send.v2.ssl) = (false, false)),
        "takes an inherited `send-proxy-v2-ssl` back",
        usage!["server s9 127.0.0.1:8081 no-send-proxy-v2-ssl"],
    ),
    ServerRow::new(
        "no-send-proxy-v2-ssl-cn",
        |_, parse| set(parse, |send| (send.is_v2, send.v2.ssl, send.v2.cert_cn) = (false, false, false)),
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

/// Changes what the server's header is.
fn set(parse: &mut ServerParse<'_, '_>, change: impl FnOnce(&mut SendProxy)) -> Result<(), Problem> {
    change(&mut parse.server.send_proxy);
    Ok(())
}

/// An option's name, and what it switches on. What is told of TLS stands in one field, which comes with any part of it.
type V2Option = (&'static str, fn(&mut ProxyV2Options));

const OPTIONS: &[V2Option] = &[
    ("ssl", |v2| v2.ssl = true),
    ("cert-cn", |v2| (v2.ssl, v2.cert_cn) = (true, true)),
    ("cert-key", |v2| (v2.ssl, v2.cert_key) = (true, true)),
    ("cert-sig", |v2| (v2.ssl, v2.cert_sig) = (true, true)),
    ("ssl-cipher", |v2| (v2.ssl, v2.ssl_cipher) = (true, true)),
    ("authority", |v2| v2.authority = true),
    ("crc32c", |v2| v2.crc32c = true),
    ("unique-id", |v2| v2.unique_id = true),
];

fn options(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let names: Vec<&str> = OPTIONS.iter().map(|(name, _)| *name).collect();
    let word = words.need("a list of options")?;
    for part in word.text.split(|byte| *byte == b',') {
        let part = syntax::Word { text: part.to_vec(), ..word.clone() };
        let (_, switch_on) = OPTIONS[value::choice(&part, &names)?];
        switch_on(&mut parse.server.send_proxy.v2);
    }
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
    let Some(kind) = number else {
        let text = "the type of the field is a number in parentheses, as in `(0xE0)`; 255 is the largest";
        return Err(problem(keyword.span, text));
    };
    // Without a format the field is empty.
    let format = match words.next() {
        None => LogFormat::constant(b""),
        Some(word) => parse.line.compile(Place::BackendRequest, word.span, |compile, _| {
            LogFormat::compile(&word.text, Style::Text, compile)
        })?,
    };
    parse.server.send_proxy.tlvs.push(ProxyTlvFormat { kind, format: Arc::new(format) });
    Ok(())
}

/// A byte in decimal, in hexadecimal behind `0x`, or in octal behind `0`.
fn byte(text: &str) -> Option<u8> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u8::from_str_radix(hex, 16).ok(),
        None if text.len() > 1 && text.starts_with('0') => u8::from_str_radix(text, 8).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{ProxyV2Options, SendProxy};
    use crate::sections::testing::{errors, good};

    fn proxy(words: &str) -> String {
        format!("backend be\n  timeout connect 1s\n  timeout server 1s\n  server s 127.0.0.1:1 {words}\n")
    }

    fn parsed(words: &str) -> SendProxy {
        good(&proxy(words)).proxies.remove(0).servers.remove(0).send_proxy
    }

    #[test]
    fn words_switch_on_and_off() {
        let send = parsed("send-proxy send-proxy-v2-ssl-cn no-send-proxy-v2-ssl");
        assert!(send.is_v1 && !send.is_v2 && send.is_on());
        assert_eq!(send.v2, ProxyV2Options { cert_cn: true, ..ProxyV2Options::default() });
        assert!(!parsed("send-proxy no-send-proxy").is_on());
        assert!(!parsed("proxy-v2-options crc32c").is_on());
    }

    #[test]
    fn options_come_in_lists_and_bring_tls_along() {
        let send =
            parsed("send-proxy-v2 proxy-v2-options cert-sig,crc32c proxy-v2-options unique-id,authority");
        let expected = ProxyV2Options {
            ssl: true,
            cert_sig: true,
            crc32c: true,
            unique_id: true,
            authority: true,
            ..ProxyV2Options::default()
        };
        assert_eq!(send.v2, expected);
        assert!(errors(&proxy("proxy-v2-options crc32")).join(" ").contains("crc32c"));
    }

    #[test]
    fn fields_keep_their_order() {
        let send = parsed(
            "set-proxy-v2-tlv-fmt(0xE1) %[str(foo)] set-proxy-v2-tlv-fmt(0342) a set-proxy-v2-tlv-fmt(7)",
        );
        let kinds: Vec<u8> = send.tlvs.iter().map(|tlv| tlv.kind).collect();
        assert_eq!(kinds, [0xE1, 0xE2, 7]);
        assert_eq!(send.tlvs[1].format.is_constant(), Some(&b"a"[..]));
        assert!(send.tlvs[2].format.is_empty());
        assert_eq!(errors(&proxy("set-proxy-v2-tlv-fmt(256) a")).len(), 1);
    }
}
