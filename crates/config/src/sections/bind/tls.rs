//! Words of TLS on `bind` lines (chapter 5.1): they fill the line's [`Draft`](super::Draft). Words about QUIC stand here
//! as well, checked alone.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::{Names, problem, problem_of};
use syntax::Word;
use tls::load::CrtKeyword;
use tls::options::Algorithms;
use tls::verify::ErrorSet;
use tls::version::VersionRange;

use super::complete::Source;
use super::host::{self, Files};
use super::rows::usage;
use crate::context::BindParse;
use crate::row::BindRow;
use crate::sections::value;

pub(super) static ROWS: &[BindRow] = &[
    BindRow::new("ssl", ssl, "clients speak TLS", usage!["bind :8443 ssl strict-sni"]),
    BindRow::new(
        "crt",
        |words, parse| certificate(CrtKeyword::Crt, words, parse),
        "a certificate with its key, or a directory of them",
        usage![],
    ),
    BindRow::new(
        "default-crt",
        |words, parse| certificate(CrtKeyword::DefaultCrt, words, parse),
        "a certificate for clients that name no host",
        usage![],
    ),
    BindRow::new(
        "crt-list",
        certificate_list,
        "a file that lists certificates with their host names",
        usage![],
    ),
    BindRow::new("ca-file", host_word, "who may have signed clients' certificates", usage![]),
    BindRow::new(
        "ca-verify-file",
        host_word,
        "authorities that clients are checked with, and that they are not told of",
        usage![],
    ),
    BindRow::new("ca-sign-file", signer, "what made certificates are signed with", usage![]),
    BindRow::new(
        "ca-sign-pass",
        |words, parse| {
            parse.tls.signer_passphrase = Some(value::bytes(words.need("the password")?));
            Ok(())
        },
        "the password of its key",
        usage!["bind :8443 ca-sign-pass secret"],
    ),
    BindRow::new("crl-file", host_word, "certificates that were revoked", usage![]),
    BindRow::new("tls-ticket-keys", ticket_keys, "a file of keys that resume sessions", usage![]),
    BindRow::new(
        "verify",
        host_word,
        "whether clients must show a certificate",
        usage!["bind :8443 verify none"],
    ),
    BindRow::new(
        "ca-ignore-err",
        ignored,
        "errors of authorities that are passed over",
        usage!["bind :8443 ca-ignore-err all"],
    ),
    BindRow::new(
        "crt-ignore-err",
        ignored,
        "errors of certificates that are passed over",
        usage!["bind :8443 crt-ignore-err all"],
    ),
    BindRow::new("alpn", host_word, "the protocols offered", usage!["bind :8443 alpn h2,http/1.1"]),
    BindRow::new(
        "npn",
        host_word,
        "the protocols offered by the extension before ALPN",
        usage!["bind :8443 npn http/1.1"],
    )
    .internal(),
    BindRow::new("no-alpn", host_word, "no protocols are offered", usage!["bind :8443 no-alpn"]),
    BindRow::new("ciphers", host_word, "the ciphers up to TLS 1.2", usage!["bind :8443 ciphers HIGH"]),
    BindRow::new(
        "ciphersuites",
        host_word,
        "the ciphers of TLS 1.3",
        usage!["bind :8443 ciphersuites TLS_AES_128_GCM_SHA256"],
    ),
    BindRow::new("curves", host_word, "the groups of key exchange", usage!["bind :8443 curves X25519:P-256"]),
    BindRow::new("ecdhe", host_word, "one group of key exchange", usage!["bind :8443 ecdhe secp384r1"]),
    BindRow::new("sigalgs", host_word, "the signature algorithms", usage!["bind :8443 sigalgs RSA+SHA256"]),
    BindRow::new(
        "client-sigalgs",
        host_word,
        "the signature algorithms of clients",
        usage!["bind :8443 client-sigalgs RSA+SHA256"],
    ),
    BindRow::new(
        "ssl-min-ver",
        host_word,
        "the oldest TLS version that clients may use",
        usage!["bind :8443 ssl-min-ver TLSv1.2"],
    ),
    BindRow::new("ssl-max-ver", host_word, "the newest version", usage!["bind :8443 ssl-max-ver TLSv1.3"]),
    BindRow::new("force-sslv3", version_option, "clients use SSL 3.0 only", usage!["bind :8443 force-sslv3"]),
    BindRow::new(
        "force-tlsv10",
        version_option,
        "clients use TLS 1.0 only",
        usage!["bind :8443 force-tlsv10"],
    ),
    BindRow::new(
        "force-tlsv11",
        version_option,
        "clients use TLS 1.1 only",
        usage!["bind :8443 force-tlsv11"],
    ),
    BindRow::new(
        "force-tlsv12",
        version_option,
        "clients use TLS 1.2 only",
        usage!["bind :8443 force-tlsv12"],
    ),
    BindRow::new(
        "force-tlsv13",
        version_option,
        "clients use TLS 1.3 only",
        usage!["bind :8443 force-tlsv13"],
    ),
    BindRow::new("no-sslv3", version_option, "clients do not use SSL 3.0", usage!["bind :8443 no-sslv3"]),
    BindRow::new("no-tlsv10", version_option, "clients do not use TLS 1.0", usage!["bind :8443 no-tlsv10"]),
    BindRow::new("no-tlsv11", version_option, "clients do not use TLS 1.1", usage!["bind :8443 no-tlsv11"]),
    BindRow::new("no-tlsv12", version_option, "clients do not use TLS 1.2", usage!["bind :8443 no-tlsv12"]),
    BindRow::new("no-tlsv13", version_option, "clients do not use TLS 1.3", usage!["bind :8443 no-tlsv13"]),
    BindRow::new("tls-tickets", tickets, "sessions are resumed by tickets", usage!["bind :8443 tls-tickets"]),
    BindRow::new(
        "no-tls-tickets",
        tickets,
        "sessions are not resumed by tickets",
        usage!["bind :8443 no-tls-tickets"],
    ),
    BindRow::new(
        "allow-0rtt",
        host_word,
        "requests are taken before the handshake is over",
        usage!["bind :8443 allow-0rtt"],
    ),
    BindRow::new(
        "strict-sni",
        strict_sni,
        "clients that name no known host are refused",
        usage!["bind :8443 strict-sni"],
    ),
    BindRow::new(
        "no-strict-sni",
        strict_sni,
        "clients without a known server name get the first certificate",
        usage!["bind :8443 no-strict-sni"],
    ),
    BindRow::new(
        "generate-certificates",
        generate,
        "certificates are made for each host name",
        usage!["bind :8443 generate-certificates"],
    ),
    BindRow::new(
        "no-ca-names",
        host_word,
        "authorities are not told to clients",
        usage!["bind :8443 no-ca-names"],
    ),
    BindRow::new(
        "prefer-client-ciphers",
        prefer_client,
        "the client's order of ciphers counts",
        usage!["bind :8443 prefer-client-ciphers"],
    ),
    BindRow::new("ktls", host_word, "whether the kernel encrypts", usage!["bind :8443 ktls off"]).internal(),
    BindRow::new(
        "ech",
        text,
        "a directory of keys for encrypted client hellos",
        usage!["bind :8443 ech /etc/ech"],
    )
    .noted(),
    BindRow::new(
        "quic-cc-algo",
        text,
        "the congestion control of QUIC",
        usage!["bind :8443 quic-cc-algo cubic"],
    )
    .noted(),
    BindRow::new(
        "quic-force-retry",
        flag,
        "QUIC clients must prove their address",
        usage!["bind :8443 quic-force-retry"],
    )
    .noted(),
    BindRow::new(
        "quic-socket",
        text,
        "whether QUIC connections have sockets of their own",
        usage!["bind :8443 quic-socket listener"],
    )
    .noted(),
];

fn flag(_: &mut Words<'_>, _: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    Ok(())
}

fn text(words: &mut Words<'_>, _: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    words.need("a value").map(drop)
}

/// The word that the row in charge was found by.
fn keyword<'l>(words: &Words<'l>) -> &'l Word {
    &words.line().words[words.position() - 1]
}

/// `ssl` brings the defaults of `global` along, as far as the line has not said otherwise before.
fn ssl(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let defaults = &parse.line.global.tls.bind;
    let options = &mut parse.tls.options;
    fill(&mut options.host.algorithms, &defaults.algorithms);
    inherit(&mut options.host.versions, defaults.versions);
    options.is_stateful |= defaults.is_stateful;
    options.prefers_client_ciphers |= defaults.prefers_client_ciphers;
    options.is_strict_sni |= defaults.is_strict_sni;
    parse.tls.ssl = Some(keyword(words).span);
    Ok(())
}

/// Lists that were not given are those of the defaults.
pub(crate) fn fill(own: &mut Algorithms, defaults: &Algorithms) {
    for (own, default) in [
        (&mut own.ciphers, &defaults.ciphers),
        (&mut own.ciphersuites, &defaults.ciphersuites),
        (&mut own.curves, &defaults.curves),
        (&mut own.sigalgs, &defaults.sigalgs),
        (&mut own.client_sigalgs, &defaults.client_sigalgs),
    ] {
        if own.is_none() {
            own.clone_from(default);
        }
    }
}

/// Bounds that were not given are those of the defaults; what those take out is taken out as well.
pub(crate) fn inherit(own: &mut VersionRange, defaults: VersionRange) {
    own.min = own.min.or(defaults.min);
    own.max = own.max.or(defaults.max);
    own.removed |= defaults.removed;
}

/// A word that `crt-list` lines have as well.
fn host_word(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let name = keyword(words);
    let Some(row) = host::find(name.as_str().unwrap_or_default()) else {
        return Err(super::rows::unknown(name));
    };
    let value = match row.value {
        Some(what) => words.need(what)?,
        None => name,
    };
    if *name == "verify" {
        parse.tls.verify = Some(value.span);
    }
    let files = Files { names: parse.line.cx.names, ca_base: parse.line.global.ca_base.as_deref() };
    (row.set)(value, &mut parse.tls.options.host, files)
}

fn version_option(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    host::version_option(keyword(words), &mut parse.tls.options.host.versions)
}

fn certificate(
    kind: CrtKeyword,
    words: &mut Words<'_>,
    parse: &mut BindParse<'_, '_>,
) -> Result<(), Problem> {
    let word = words.need("the certificate's file")?;
    parse.tls.sources.push(Source::Certificate(kind, word.clone()));
    Ok(())
}

fn certificate_list(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    parse.tls.sources.push(Source::List(words.need("the list's file")?.clone()));
    Ok(())
}

fn signer(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    parse.tls.signer = Some(words.need("the file")?.clone());
    Ok(())
}

fn generate(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    parse.tls.generates = Some(keyword(words).span);
    Ok(())
}

fn ignored(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let name = keyword(words);
    let word = words.need("a list of errors")?;
    let set =
        ErrorSet::parse(word.as_str().unwrap_or_default()).map_err(|error| problem(word.span, error))?;
    let options = &mut parse.tls.options;
    let slot = if *name == "ca-ignore-err" { &mut options.ca_ignored } else { &mut options.crt_ignored };
    *slot = slot.union(set);
    Ok(())
}

fn tickets(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    parse.tls.options.is_stateful = keyword(words).text.starts_with(b"no-");
    Ok(())
}

fn strict_sni(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    parse.tls.options.is_strict_sni = !keyword(words).text.starts_with(b"no-");
    Ok(())
}

fn prefer_client(_: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    parse.tls.options.prefers_client_ciphers = true;
    Ok(())
}

/// A file of keys, base64, one a line; the last three count, as in HAProxy, which keeps the newest for later.
fn ticket_keys(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    const KEYS: usize = 3;
    let word = words.need("the file of the keys")?;
    let text = parse.line.cx.names.file(&word.text).map_err(|error| {
        problem_of(
            codes::FILE_UNREADABLE,
            word.span,
            format!("the file `{}` cannot be read: {error}", word.lossy()),
        )
    })?;
    let mut keys: Vec<Arc<[u8]>> = Vec::new();
    for (index, line) in text.trim_ascii_end().split(|byte| *byte == b'\n').enumerate() {
        let wrong = |what: &str| {
            problem_of(
                codes::FILE_MALFORMED,
                word.span,
                format!("`{}`, line {}: {what}", word.lossy(), index + 1),
            )
        };
        let key = STANDARD.decode(line.trim_ascii_end()).map_err(|_| wrong("this is no base64"))?;
        if !matches!(key.len(), 48 | 80) || keys.first().is_some_and(|first| first.len() != key.len()) {
            return Err(wrong("a key has 48 or 80 bytes, and all have the same"));
        }
        keys.push(key.into());
    }
    if keys.len() < KEYS {
        return Err(problem_of(
            codes::FILE_MALFORMED,
            word.span,
            format!("`{}` has less than {KEYS} keys", word.lossy()),
        ));
    }
    let keys = keys.split_off(keys.len() - KEYS);
    let file = parse.line.cx.names.tls_files().tickets(&value::text(word), keys);
    parse.tls.options.ticket_keys =
        Some(file.map_err(|why| problem_of(codes::FILE_MALFORMED, word.span, why))?);
    Ok(())
}
