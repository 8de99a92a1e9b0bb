//! Words of TLS on `server` lines (chapter 5.2): checked here, carried out later. `ssl` makes the start refuse the
//! line; without it the others have no effect, but for `check-ssl` with `check`.

use rules::Words;
use sample::Problem;

use super::expr;
use super::rows::usage;
use crate::context::ServerParse;
use crate::model::ServerVerify;
use crate::row::ServerRow;
use crate::sections::bind::{files, tls::VERSIONS};
use crate::sections::value;

pub(super) static ROWS: &[ServerRow] = &[
    ServerRow::new(
        "ssl",
        |_, parse| {
            parse.server.tls.is_on = true;
            Ok(())
        },
        "the server is spoken to by TLS",
        usage!["server s9 127.0.0.1:8081 ssl verify none"],
    ),
    ServerRow::new(
        "no-ssl",
        |_, parse| {
            parse.server.tls.is_on = false;
            Ok(())
        },
        "takes an inherited `ssl` back",
        usage!["server s9 127.0.0.1:8081 no-ssl"],
    ),
    ServerRow::new(
        "check-ssl",
        |_, parse| {
            parse.server.tls.checks = true;
            Ok(())
        },
        "checks use TLS",
        usage!["server s9 127.0.0.1:8081 check-ssl verify none"],
    ),
    ServerRow::new(
        "no-check-ssl",
        |_, parse| {
            parse.server.tls.checks = false;
            Ok(())
        },
        "takes an inherited `check-ssl` back",
        usage!["server s9 127.0.0.1:8081 no-check-ssl"],
    ),
    ServerRow::new(
        "verify",
        verify,
        "whether its certificate is checked",
        usage!["server s9 127.0.0.1:8081 ssl verify none"],
    ),
    ServerRow::new(
        "verifyhost",
        word,
        "the name that its certificate must have",
        usage!["server s9 127.0.0.1:8081 verifyhost example.com"],
    ),
    ServerRow::new("ca-file", authority, "who may have signed its certificate", usage![]),
    ServerRow::new("crl-file", revoked, "certificates that were revoked", usage![]),
    ServerRow::new("crt", certificate, "the certificate that is shown to it", usage![]),
    ServerRow::new(
        "sni",
        sni,
        "the host name that is told to it",
        usage!["server s9 127.0.0.1:8081 ssl verify none sni req.hdr(host)"],
    ),
    ServerRow::new(
        "sni-auto",
        flag,
        "the host name is taken from the request",
        usage!["server s9 127.0.0.1:8081 sni-auto"],
    ),
    ServerRow::new("no-sni-auto", flag, "it is not", usage!["server s9 127.0.0.1:8081 no-sni-auto"]),
    ServerRow::new(
        "check-sni",
        word,
        "the host name that checks tell",
        usage!["server s9 127.0.0.1:8081 check-sni example.com"],
    ),
    ServerRow::new(
        "check-sni-auto",
        flag,
        "it is taken from the check's request",
        usage!["server s9 127.0.0.1:8081 check-sni-auto"],
    ),
    ServerRow::new(
        "no-check-sni-auto",
        flag,
        "it is not",
        usage!["server s9 127.0.0.1:8081 no-check-sni-auto"],
    ),
    ServerRow::new(
        "alpn",
        word,
        "the protocols offered",
        usage!["server s9 127.0.0.1:8081 alpn h2,http/1.1"],
    ),
    ServerRow::new(
        "npn",
        word,
        "the protocols offered by the extension before ALPN",
        usage!["server s9 127.0.0.1:8081 npn http/1.1"],
    ),
    ServerRow::new(
        "check-alpn",
        word,
        "the protocols that checks offer",
        usage!["server s9 127.0.0.1:8081 check-alpn http/1.1"],
    ),
    ServerRow::new(
        "ciphers",
        word,
        "the ciphers up to TLS 1.2",
        usage!["server s9 127.0.0.1:8081 ciphers HIGH"],
    ),
    ServerRow::new(
        "ciphersuites",
        word,
        "the ciphers of TLS 1.3",
        usage!["server s9 127.0.0.1:8081 ciphersuites TLS_AES_128_GCM_SHA256"],
    ),
    ServerRow::new(
        "curves",
        word,
        "the groups of key exchange",
        usage!["server s9 127.0.0.1:8081 curves X25519"],
    ),
    ServerRow::new(
        "sigalgs",
        word,
        "the signature algorithms",
        usage!["server s9 127.0.0.1:8081 sigalgs RSA+SHA256"],
    ),
    ServerRow::new(
        "client-sigalgs",
        word,
        "the signature algorithms of its clients",
        usage!["server s9 127.0.0.1:8081 client-sigalgs RSA+SHA256"],
    ),
    ServerRow::new(
        "ssl-min-ver",
        version,
        "the oldest version",
        usage!["server s9 127.0.0.1:8081 ssl-min-ver TLSv1.2"],
    ),
    ServerRow::new(
        "ssl-max-ver",
        version,
        "the newest version",
        usage!["server s9 127.0.0.1:8081 ssl-max-ver TLSv1.3"],
    ),
    ServerRow::new("force-sslv3", flag, "SSL 3.0 only", usage!["server s9 127.0.0.1:8081 force-sslv3"]),
    ServerRow::new("force-tlsv10", flag, "TLS 1.0 only", usage!["server s9 127.0.0.1:8081 force-tlsv10"]),
    ServerRow::new("force-tlsv11", flag, "TLS 1.1 only", usage!["server s9 127.0.0.1:8081 force-tlsv11"]),
    ServerRow::new("force-tlsv12", flag, "TLS 1.2 only", usage!["server s9 127.0.0.1:8081 force-tlsv12"]),
    ServerRow::new("force-tlsv13", flag, "TLS 1.3 only", usage!["server s9 127.0.0.1:8081 force-tlsv13"]),
    ServerRow::new("no-sslv3", flag, "no SSL 3.0", usage!["server s9 127.0.0.1:8081 no-sslv3"]).single(),
    ServerRow::new("no-tlsv10", flag, "no TLS 1.0", usage!["server s9 127.0.0.1:8081 no-tlsv10"]).single(),
    ServerRow::new("no-tlsv11", flag, "no TLS 1.1", usage!["server s9 127.0.0.1:8081 no-tlsv11"]).single(),
    ServerRow::new("no-tlsv12", flag, "no TLS 1.2", usage!["server s9 127.0.0.1:8081 no-tlsv12"]).single(),
    ServerRow::new("no-tlsv13", flag, "no TLS 1.3", usage!["server s9 127.0.0.1:8081 no-tlsv13"]).single(),
    ServerRow::new("ssl-reuse", flag, "sessions are resumed", usage!["server s9 127.0.0.1:8081 ssl-reuse"]),
    ServerRow::new(
        "no-ssl-reuse",
        flag,
        "sessions are not resumed",
        usage!["server s9 127.0.0.1:8081 no-ssl-reuse"],
    ),
    ServerRow::new(
        "tls-tickets",
        flag,
        "sessions are resumed by tickets",
        usage!["server s9 127.0.0.1:8081 tls-tickets"],
    ),
    ServerRow::new(
        "no-tls-tickets",
        flag,
        "sessions are not resumed by tickets",
        usage!["server s9 127.0.0.1:8081 no-tls-tickets"],
    ),
    ServerRow::new(
        "renegotiate",
        flag,
        "the server may begin a second handshake",
        usage!["server s9 127.0.0.1:8081 renegotiate"],
    ),
    ServerRow::new("no-renegotiate", flag, "it may not", usage!["server s9 127.0.0.1:8081 no-renegotiate"]),
    ServerRow::new(
        "allow-0rtt",
        flag,
        "requests go before the handshake is over",
        usage!["server s9 127.0.0.1:8081 allow-0rtt"],
    ),
    ServerRow::new(
        "ktls",
        on_off,
        "whether the kernel encrypts",
        usage!["server s9 127.0.0.1:8081 ktls off"],
    ),
];

fn flag(_: &mut Words<'_>, _: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    Ok(())
}

fn word(words: &mut Words<'_>, _: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    words.need("a value").map(drop)
}

fn on_off(words: &mut Words<'_>, _: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    value::on_off(words.need("`on` or `off`")?).map(drop)
}

fn version(words: &mut Words<'_>, _: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    value::choice(words.need("a version, as in `TLSv1.2`,")?, VERSIONS).map(drop)
}

fn verify(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let at = value::choice(words.need("`none` or `required`")?, &["none", "required"])?;
    parse.server.tls.verify = Some(if at == 0 { ServerVerify::None } else { ServerVerify::Required });
    Ok(())
}

fn authority(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the file")?;
    files::authority(word, parse.line.global, parse.line.cx.names)?;
    parse.server.tls.ca_file = Some(value::bytes(word));
    Ok(())
}

fn revoked(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    files::authority(words.need("the file")?, parse.line.global, parse.line.cx.names)
}

fn certificate(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    files::certificate(words.need("the certificate's file")?, parse.line.global, parse.line.cx.names)
}

fn sni(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    expr::check(words.need("an expression")?, parse)
}
