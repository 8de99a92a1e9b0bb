//! Words of TLS on `bind` lines (chapter 5.1): checked here, carried out later. Only `ssl` makes a start refuse the
//! line; without it the others have no effect.

use diag::{Diagnostic, Diagnostics};
use rules::Words;
use sample::Problem;

use super::files;
use super::rows::usage;
use crate::context::BindParse;
use crate::load::Section;
use crate::row::BindRow;
use crate::sections::value;

/// Versions that `ssl-min-ver` and `ssl-max-ver` take.
pub(crate) const VERSIONS: &[&str] = &["SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

pub(super) static ROWS: &[BindRow] = &[
    BindRow::new(
        "ssl",
        |_, parse| {
            parse.bind.unsupported.push("ssl".into());
            Ok(())
        },
        "clients speak TLS",
        usage!["bind :8443 ssl strict-sni"],
    ),
    BindRow::new("crt", certificate, "a certificate with its key, or a directory of them", usage![]),
    BindRow::new("default-crt", certificate, "a certificate for clients that name no host", usage![]),
    BindRow::new(
        "crt-list",
        certificate_list,
        "a file that lists certificates with their host names",
        usage![],
    ),
    BindRow::new("ca-file", authority, "who may have signed clients' certificates", usage![]),
    BindRow::new("ca-verify-file", authority, "the same, not told to clients", usage![]),
    BindRow::new("ca-sign-file", authority, "what made certificates are signed with", usage![]),
    BindRow::new("ca-sign-pass", text, "the password of its key", usage!["bind :8443 ca-sign-pass secret"]),
    BindRow::new("crl-file", authority, "certificates that were revoked", usage![]),
    BindRow::new("tls-ticket-keys", ticket_keys, "a file of keys that resume sessions", usage![]),
    BindRow::new(
        "verify",
        verify,
        "whether clients must show a certificate",
        usage!["bind :8443 verify none"],
    ),
    BindRow::new(
        "ca-ignore-err",
        text,
        "errors of authorities that are passed over",
        usage!["bind :8443 ca-ignore-err all"],
    ),
    BindRow::new(
        "crt-ignore-err",
        text,
        "errors of certificates that are passed over",
        usage!["bind :8443 crt-ignore-err all"],
    ),
    BindRow::new("alpn", text, "the protocols offered", usage!["bind :8443 alpn h2,http/1.1"]),
    BindRow::new(
        "npn",
        text,
        "the protocols offered by the extension before ALPN",
        usage!["bind :8443 npn http/1.1"],
    ),
    BindRow::new("no-alpn", flag, "no protocols are offered", usage!["bind :8443 no-alpn"]),
    BindRow::new("ciphers", text, "the ciphers up to TLS 1.2", usage!["bind :8443 ciphers HIGH"]),
    BindRow::new(
        "ciphersuites",
        text,
        "the ciphers of TLS 1.3",
        usage!["bind :8443 ciphersuites TLS_AES_128_GCM_SHA256"],
    ),
    BindRow::new("curves", text, "the groups of key exchange", usage!["bind :8443 curves X25519:P-256"]),
    BindRow::new("ecdhe", text, "one group of key exchange", usage!["bind :8443 ecdhe secp384r1"]),
    BindRow::new("sigalgs", text, "the signature algorithms", usage!["bind :8443 sigalgs RSA+SHA256"]),
    BindRow::new(
        "client-sigalgs",
        text,
        "the signature algorithms of clients",
        usage!["bind :8443 client-sigalgs RSA+SHA256"],
    ),
    BindRow::new("ssl-min-ver", version, "the oldest version", usage!["bind :8443 ssl-min-ver TLSv1.2"]),
    BindRow::new("ssl-max-ver", version, "the newest version", usage!["bind :8443 ssl-max-ver TLSv1.3"]),
    BindRow::new("force-sslv3", flag, "SSL 3.0 only", usage!["bind :8443 force-sslv3"]),
    BindRow::new("force-tlsv10", flag, "TLS 1.0 only", usage!["bind :8443 force-tlsv10"]),
    BindRow::new("force-tlsv11", flag, "TLS 1.1 only", usage!["bind :8443 force-tlsv11"]),
    BindRow::new("force-tlsv12", flag, "TLS 1.2 only", usage!["bind :8443 force-tlsv12"]),
    BindRow::new("force-tlsv13", flag, "TLS 1.3 only", usage!["bind :8443 force-tlsv13"]),
    BindRow::new("no-sslv3", flag, "no SSL 3.0", usage!["bind :8443 no-sslv3"]),
    BindRow::new("no-tlsv10", flag, "no TLS 1.0", usage!["bind :8443 no-tlsv10"]),
    BindRow::new("no-tlsv11", flag, "no TLS 1.1", usage!["bind :8443 no-tlsv11"]),
    BindRow::new("no-tlsv12", flag, "no TLS 1.2", usage!["bind :8443 no-tlsv12"]),
    BindRow::new("no-tlsv13", flag, "no TLS 1.3", usage!["bind :8443 no-tlsv13"]),
    BindRow::new("tls-tickets", flag, "sessions are resumed by tickets", usage!["bind :8443 tls-tickets"]),
    BindRow::new(
        "no-tls-tickets",
        flag,
        "sessions are not resumed by tickets",
        usage!["bind :8443 no-tls-tickets"],
    ),
    BindRow::new(
        "allow-0rtt",
        flag,
        "requests are taken before the handshake is over",
        usage!["bind :8443 allow-0rtt"],
    ),
    BindRow::new(
        "strict-sni",
        flag,
        "clients that name no known host are refused",
        usage!["bind :8443 strict-sni"],
    ),
    BindRow::new("no-strict-sni", flag, "they are not", usage!["bind :8443 no-strict-sni"]),
    BindRow::new(
        "generate-certificates",
        flag,
        "certificates are made for each host name",
        usage!["bind :8443 generate-certificates"],
    ),
    BindRow::new(
        "no-ca-names",
        flag,
        "authorities are not told to clients",
        usage!["bind :8443 no-ca-names"],
    ),
    BindRow::new(
        "prefer-client-ciphers",
        flag,
        "the client's order of ciphers counts",
        usage!["bind :8443 prefer-client-ciphers"],
    ),
    BindRow::new("ktls", on_off, "whether the kernel encrypts", usage!["bind :8443 ktls off"]),
    BindRow::new(
        "ech",
        text,
        "a directory of keys for encrypted client hellos",
        usage!["bind :8443 ech /etc/ech"],
    ),
    BindRow::new(
        "quic-cc-algo",
        text,
        "the congestion control of QUIC",
        usage!["bind :8443 quic-cc-algo cubic"],
    ),
    BindRow::new(
        "quic-force-retry",
        flag,
        "QUIC clients must prove their address",
        usage!["bind :8443 quic-force-retry"],
    ),
    BindRow::new(
        "quic-socket",
        text,
        "whether QUIC connections have sockets of their own",
        usage!["bind :8443 quic-socket listener"],
    ),
];

fn flag(_: &mut Words<'_>, _: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    Ok(())
}

fn text(words: &mut Words<'_>, _: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    words.need("a value").map(drop)
}

fn on_off(words: &mut Words<'_>, _: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    value::on_off(words.need("`on` or `off`")?).map(drop)
}

fn version(words: &mut Words<'_>, _: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    value::choice(words.need("a version, as in `TLSv1.2`,")?, VERSIONS).map(drop)
}

fn verify(words: &mut Words<'_>, _: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    value::choice(words.need("`none`, `optional` or `required`")?, &["none", "optional", "required"])
        .map(drop)
}

fn certificate(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    files::certificate(words.need("the certificate's file")?, parse.line.global, parse.line.cx.names)
}

fn certificate_list(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    files::list(words.need("the list's file")?, parse.line.global, parse.line.cx.names)
}

fn authority(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    files::authority(words.need("the file")?, parse.line.global, parse.line.cx.names)
}

fn ticket_keys(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    value::readable(words.need("the file of the keys")?, None, parse.line.cx.names)
}

/// With `ssl` there must be something to show to clients: on the line, or in the section by `ssl-f-use`.
pub(crate) fn check_certificates(section: &Section, diags: &mut Diagnostics) {
    const SOURCES: &[&str] = &["crt", "default-crt", "crt-list", "generate-certificates", "strict-sni"];
    if section.lines.iter().any(|line| line.words[0] == "ssl-f-use") {
        return;
    }
    for line in section.lines.iter().filter(|line| line.words[0] == "bind") {
        let words = line.words.get(2..).unwrap_or_default();
        let has_source = words.iter().any(|word| word.as_str().is_some_and(|text| SOURCES.contains(&text)));
        if let Some(ssl) = words.iter().find(|word| **word == "ssl").filter(|_| !has_source) {
            diags.push(Diagnostic::error("`ssl` needs a certificate: `crt FILE`").at(ssl.span));
        }
    }
}
