//! Words of TLS on `server` lines (chapter 5.2): they fill the server's [`ServerTls`](crate::model::ServerTls), also on
//! `default-server` lines, whose servers may say otherwise afterwards.

use std::sync::Arc;

use rules::Words;
use sample::Problem;
use tls::options::Algorithms;

use super::rows::usage;
use super::{expr, keyword_of};
use crate::context::ServerParse;
use crate::model::{ServerTls, ServerVerify};
use crate::row::ServerRow;
use crate::sections::bind::{self, Files};
use crate::sections::value;
use crate::tls_files::{base, path};

pub(super) static ROWS: &[ServerRow] = &[
    ServerRow::new(
        "ssl",
        |_, parse| {
            switch_on(parse, |tls| {
                tls.is_on = true;
                tls.is_taken_back = false;
            })
        },
        "the server is spoken to by TLS",
        usage!["server s9 127.0.0.1:8081 ssl verify none"],
    ),
    ServerRow::new(
        "no-ssl",
        |_, parse| {
            set(parse, |tls| {
                tls.is_ready |= tls.is_on;
                tls.is_taken_back = true;
                tls.is_on = false;
            })
        },
        "takes an inherited `ssl` back",
        usage!["server s9 127.0.0.1:8081 no-ssl"],
    ),
    ServerRow::new(
        "check-ssl",
        |_, parse| {
            switch_on(parse, |tls| {
                tls.checks = true;
                tls.refuses_checks = false;
            })
        },
        "checks use TLS, whatever requests use",
        usage!["server s9 127.0.0.1:8081 check-ssl verify none"],
    ),
    ServerRow::new(
        "no-check-ssl",
        |_, parse| {
            set(parse, |tls| {
                tls.checks = false;
                tls.refuses_checks = true;
            })
        },
        "checks do not use TLS, whatever requests use",
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
        |words, parse| text(words, "the name", &mut parse.server.tls.options.verify_host),
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
        |_, parse| set(parse, |tls| tls.refuses_sni_auto = false),
        "the host name is taken from the request",
        usage!["server s9 127.0.0.1:8081 sni-auto"],
    ),
    ServerRow::new(
        "no-sni-auto",
        |_, parse| set(parse, |tls| tls.refuses_sni_auto = true),
        "the server name of TLS is not taken from requests",
        usage!["server s9 127.0.0.1:8081 no-sni-auto"],
    ),
    ServerRow::new(
        "check-sni",
        |words, parse| text(words, "the name", &mut parse.server.tls.check_sni),
        "the host name that checks tell",
        usage!["server s9 127.0.0.1:8081 check-sni example.com"],
    ),
    ServerRow::new(
        "check-sni-auto",
        |_, parse| set(parse, |tls| tls.refuses_check_sni_auto = false),
        "the server name of checks is taken from their request",
        usage!["server s9 127.0.0.1:8081 check-sni-auto"],
    ),
    ServerRow::new(
        "no-check-sni-auto",
        |_, parse| set(parse, |tls| tls.refuses_check_sni_auto = true),
        "the server name of checks is not taken from their request",
        usage!["server s9 127.0.0.1:8081 no-check-sni-auto"],
    ),
    ServerRow::new(
        "alpn",
        alpn,
        "the protocols offered",
        usage!["server s9 127.0.0.1:8081 alpn h2,http/1.1"],
    ),
    ServerRow::new(
        "npn",
        npn,
        "the protocols offered by the extension before ALPN",
        usage!["server s9 127.0.0.1:8081 npn http/1.1"],
    )
    .internal(),
    ServerRow::new(
        "check-alpn",
        check_alpn,
        "the protocols that checks offer",
        usage!["server s9 127.0.0.1:8081 check-alpn http/1.1"],
    ),
    ServerRow::new(
        "ciphers",
        |words, parse| list(words, parse, |lists| &mut lists.ciphers),
        "the ciphers up to TLS 1.2",
        usage!["server s9 127.0.0.1:8081 ciphers HIGH"],
    ),
    ServerRow::new(
        "ciphersuites",
        |words, parse| list(words, parse, |lists| &mut lists.ciphersuites),
        "the ciphers of TLS 1.3",
        usage!["server s9 127.0.0.1:8081 ciphersuites TLS_AES_128_GCM_SHA256"],
    ),
    ServerRow::new(
        "curves",
        |words, parse| list(words, parse, |lists| &mut lists.curves),
        "the groups of key exchange",
        usage!["server s9 127.0.0.1:8081 curves X25519"],
    ),
    ServerRow::new(
        "sigalgs",
        |words, parse| list(words, parse, |lists| &mut lists.sigalgs),
        "the signature algorithms",
        usage!["server s9 127.0.0.1:8081 sigalgs RSA+SHA256"],
    ),
    ServerRow::new(
        "client-sigalgs",
        |words, parse| list(words, parse, |lists| &mut lists.client_sigalgs),
        "the signature algorithms of its clients",
        usage!["server s9 127.0.0.1:8081 client-sigalgs RSA+SHA256"],
    ),
    ServerRow::new(
        "ssl-min-ver",
        min_version,
        "the oldest TLS version to use with it",
        usage!["server s9 127.0.0.1:8081 ssl-min-ver TLSv1.2"],
    ),
    ServerRow::new(
        "ssl-max-ver",
        max_version,
        "the newest version",
        usage!["server s9 127.0.0.1:8081 ssl-max-ver TLSv1.3"],
    ),
    ServerRow::new(
        "force-sslv3",
        version_option,
        "uses SSL 3.0 only",
        usage!["server s9 127.0.0.1:8081 force-sslv3"],
    ),
    ServerRow::new(
        "force-tlsv10",
        version_option,
        "uses TLS 1.0 only",
        usage!["server s9 127.0.0.1:8081 force-tlsv10"],
    ),
    ServerRow::new(
        "force-tlsv11",
        version_option,
        "uses TLS 1.1 only",
        usage!["server s9 127.0.0.1:8081 force-tlsv11"],
    ),
    ServerRow::new(
        "force-tlsv12",
        version_option,
        "uses TLS 1.2 only",
        usage!["server s9 127.0.0.1:8081 force-tlsv12"],
    ),
    ServerRow::new(
        "force-tlsv13",
        version_option,
        "uses TLS 1.3 only",
        usage!["server s9 127.0.0.1:8081 force-tlsv13"],
    ),
    ServerRow::new(
        "no-sslv3",
        version_option,
        "does not use SSL 3.0",
        usage!["server s9 127.0.0.1:8081 no-sslv3"],
    )
    .single(),
    ServerRow::new(
        "no-tlsv10",
        version_option,
        "does not use TLS 1.0",
        usage!["server s9 127.0.0.1:8081 no-tlsv10"],
    )
    .single(),
    ServerRow::new(
        "no-tlsv11",
        version_option,
        "does not use TLS 1.1",
        usage!["server s9 127.0.0.1:8081 no-tlsv11"],
    )
    .single(),
    ServerRow::new(
        "no-tlsv12",
        version_option,
        "does not use TLS 1.2",
        usage!["server s9 127.0.0.1:8081 no-tlsv12"],
    )
    .single(),
    ServerRow::new(
        "no-tlsv13",
        version_option,
        "does not use TLS 1.3",
        usage!["server s9 127.0.0.1:8081 no-tlsv13"],
    )
    .single(),
    ServerRow::new(
        "ssl-reuse",
        |_, parse| set(parse, |tls| tls.options.is_never_resumed = false),
        "sessions are resumed",
        usage!["server s9 127.0.0.1:8081 ssl-reuse"],
    ),
    ServerRow::new(
        "no-ssl-reuse",
        |_, parse| set(parse, |tls| tls.options.is_never_resumed = true),
        "sessions are not resumed",
        usage!["server s9 127.0.0.1:8081 no-ssl-reuse"],
    ),
    ServerRow::new(
        "tls-tickets",
        |_, parse| set(parse, |tls| tls.options.refuses_tickets = false),
        "sessions are resumed by tickets",
        usage!["server s9 127.0.0.1:8081 tls-tickets"],
    ),
    ServerRow::new(
        "no-tls-tickets",
        |_, parse| set(parse, |tls| tls.options.refuses_tickets = true),
        "sessions are not resumed by tickets",
        usage!["server s9 127.0.0.1:8081 no-tls-tickets"],
    ),
    ServerRow::new(
        "renegotiate",
        flag,
        "the server may begin a second handshake",
        usage!["server s9 127.0.0.1:8081 renegotiate"],
    )
    .internal(),
    ServerRow::new(
        "no-renegotiate",
        flag,
        "the server may not renegotiate",
        usage!["server s9 127.0.0.1:8081 no-renegotiate"],
    )
    .internal(),
    ServerRow::new(
        "allow-0rtt",
        |_, parse| set(parse, |tls| tls.options.allows_early_data = true),
        "requests go before the handshake is over",
        usage!["server s9 127.0.0.1:8081 allow-0rtt"],
    ),
    ServerRow::new(
        "ktls",
        on_off,
        "whether the kernel encrypts",
        usage!["server s9 127.0.0.1:8081 ktls off"],
    )
    .internal(),
];

fn flag(_: &mut Words<'_>, _: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    Ok(())
}

fn set(parse: &mut ServerParse<'_, '_>, change: impl FnOnce(&mut ServerTls)) -> Result<(), Problem> {
    change(&mut parse.server.tls);
    Ok(())
}

/// `ssl` and `check-ssl` bring the defaults of `global` along, as far as the line has not said otherwise before.
fn switch_on(parse: &mut ServerParse<'_, '_>, change: impl FnOnce(&mut ServerTls)) -> Result<(), Problem> {
    let defaults = &parse.line.global.tls.server;
    let options = &mut parse.server.tls.options;
    bind::fill(&mut options.algorithms, &defaults.algorithms);
    bind::inherit(&mut options.versions, defaults.versions);
    options.refuses_tickets |= defaults.refuses_tickets;
    set(parse, change)
}

fn text(words: &mut Words<'_>, what: &str, slot: &mut Option<Box<str>>) -> Result<(), Problem> {
    bind::text(words.need(what)?, slot)
}

/// A list of algorithms.
fn list(
    words: &mut Words<'_>,
    parse: &mut ServerParse<'_, '_>,
    which: impl FnOnce(&mut Algorithms) -> &mut Option<Box<str>>,
) -> Result<(), Problem> {
    text(words, "a list", which(&mut parse.server.tls.options.algorithms))
}

fn on_off(words: &mut Words<'_>, _: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    value::on_off(words.need("`on` or `off`")?).map(drop)
}

fn min_version(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    parse.server.tls.options.versions.min = Some(bind::version(words.need(bind::VERSION)?)?);
    Ok(())
}

fn max_version(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    parse.server.tls.options.versions.max = Some(bind::version(words.need(bind::VERSION)?)?);
    Ok(())
}

fn version_option(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    bind::version_option(keyword_of(words, parse), &mut parse.server.tls.options.versions)
}

fn verify(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let at = value::choice_of("verify", words.need("`none` or `required`")?, &["none", "required"])?;
    parse.server.tls.verify = Some(if at == 0 { ServerVerify::None } else { ServerVerify::Required });
    Ok(())
}

fn alpn(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    parse.server.tls.options.alpn = bind::protocols(words.need("a list of protocols")?)?;
    Ok(())
}

fn check_alpn(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    parse.server.tls.check_alpn = bind::protocols(words.need("a list of protocols")?)?;
    Ok(())
}

fn npn(words: &mut Words<'_>, _: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    bind::protocols(words.need("a list of protocols")?).map(drop)
}

fn authority(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let trusted = bind::trusted(words.need("the file")?, files(parse))?;
    parse.server.tls.options.ca_file = Some(trusted);
    Ok(())
}

fn revoked(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let crls = bind::revoked(words.need("the file")?, files(parse))?;
    parse.server.tls.options.crls = Some(crls);
    Ok(())
}

fn files<'p>(parse: &ServerParse<'_, 'p>) -> Files<'p> {
    Files { names: parse.line.cx.names, ca_base: parse.line.global.ca_base.as_deref() }
}

/// `crt` is loaded when the line is complete: without TLS it is not looked at.
fn certificate(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("the certificate's file")?;
    let path = tls::load::based(path(word)?, base(parse.line.global.crt_base.as_deref()));
    parse.server.tls.certificate = Some((path.into(), word.span));
    Ok(())
}

fn sni(words: &mut Words<'_>, parse: &mut ServerParse<'_, '_>) -> Result<(), Problem> {
    let expr = expr::compile(words.need("an expression")?, parse)?;
    parse.server.tls.sni = Some(Arc::new(expr));
    Ok(())
}
