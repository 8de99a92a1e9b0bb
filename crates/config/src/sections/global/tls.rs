//! What TLS has in common on all lines (chapter 3.1): defaults count for the lines that follow.

use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::{problem, problem_of};
use syntax::Word;
use tls::load::{ExtraFiles, ExtraNames, SelfIssued};
use tls::version::VersionRange;

use super::kinds;
use super::rows::usage;
use crate::context::GlobalParse;
use crate::model::ServerVerify;
use crate::row::GlobalRow;
use crate::sections::{bind, value};
use crate::tls_files::path;

pub(super) static ROWS: &[GlobalRow] = &[
    GlobalRow::new(
        "crt-base",
        |w, p| directory(w, &mut p.global.crt_base),
        "where relative certificates are",
    )
    .examples(usage!["crt-base /etc/ssl"]),
    GlobalRow::new("key-base", |w, p| directory(w, &mut p.global.key_base), "where relative keys are")
        .examples(usage!["key-base /etc/ssl"]),
    GlobalRow::new("ca-base", |w, p| directory(w, &mut p.global.ca_base), "where relative authorities are")
        .examples(usage!["ca-base /etc/ssl"]),
    GlobalRow::new("issuers-chain-path", issuers, "where missing issuers of certificates are"),
    GlobalRow::new("ssl-server-verify", server_verify, "whether servers' certificates are checked")
        .examples(usage!["ssl-server-verify none"]),
    GlobalRow::new(
        "ssl-default-bind-ciphers",
        |w, p| list(w, &mut p.global.tls.bind.algorithms.ciphers),
        "ciphers up to TLS 1.2 for clients",
    ),
    GlobalRow::new(
        "ssl-default-bind-ciphersuites",
        |w, p| list(w, &mut p.global.tls.bind.algorithms.ciphersuites),
        "ciphers of TLS 1.3 for clients",
    ),
    GlobalRow::new(
        "ssl-default-bind-curves",
        |w, p| list(w, &mut p.global.tls.bind.algorithms.curves),
        "groups of key exchange for clients",
    ),
    GlobalRow::new(
        "ssl-default-bind-sigalgs",
        |w, p| list(w, &mut p.global.tls.bind.algorithms.sigalgs),
        "signature algorithms for clients",
    ),
    GlobalRow::new(
        "ssl-default-bind-client-sigalgs",
        |w, p| list(w, &mut p.global.tls.bind.algorithms.client_sigalgs),
        "signature algorithms of clients",
    ),
    GlobalRow::new("ssl-default-bind-options", bind_options, "words that hold for all TLS `bind` lines")
        .examples(usage!["ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets"]),
    GlobalRow::new(
        "ssl-default-server-ciphers",
        |w, p| list(w, &mut p.global.tls.server.algorithms.ciphers),
        "ciphers up to TLS 1.2 for servers",
    ),
    GlobalRow::new(
        "ssl-default-server-ciphersuites",
        |w, p| list(w, &mut p.global.tls.server.algorithms.ciphersuites),
        "ciphers of TLS 1.3 for servers",
    ),
    GlobalRow::new(
        "ssl-default-server-curves",
        |w, p| list(w, &mut p.global.tls.server.algorithms.curves),
        "groups of key exchange for servers",
    ),
    GlobalRow::new(
        "ssl-default-server-sigalgs",
        |w, p| list(w, &mut p.global.tls.server.algorithms.sigalgs),
        "signature algorithms for servers",
    ),
    GlobalRow::new(
        "ssl-default-server-client-sigalgs",
        |w, p| list(w, &mut p.global.tls.server.algorithms.client_sigalgs),
        "signature algorithms of client certificates",
    ),
    GlobalRow::new("ssl-default-server-options", server_options, "words that hold for all TLS servers")
        .examples(usage!["ssl-default-server-options force-tlsv12"]),
    GlobalRow::new("ssl-dh-param-file", kinds::file, "parameters of Diffie-Hellman key exchange").internal(),
    GlobalRow::new("ssl-engine", kinds::some, "a device or library that computes").internal(),
    GlobalRow::new("ssl-mode-async", kinds::alone, "a TLS engine computes beside the main flow").internal(),
    GlobalRow::new("ssl-load-extra-files", extra_files, "files that belong to a certificate"),
    GlobalRow::new(
        "ssl-load-extra-del-ext",
        extra_names,
        "extra files replace the ending of a certificate's file name",
    ),
    GlobalRow::new("ssl-passphrase-cmd", passphrase, "a command that tells the password of a key"),
    GlobalRow::new("ssl-propquery", kinds::word, "which implementations OpenSSL chooses").internal(),
    GlobalRow::new("ssl-provider", kinds::word, "an OpenSSL provider to load").internal(),
    GlobalRow::new("ssl-provider-path", kinds::word, "where providers of OpenSSL are").internal(),
    GlobalRow::new("ssl-security-level", kinds::number, "the least strength of keys and ciphers").internal(),
    GlobalRow::new("ssl-skip-self-issued-ca", self_issued, "self-issued authorities are not sent"),
    GlobalRow::new("acme.scheduler", scheduler, "whether certificates are renewed").noted(),
    GlobalRow::new(
        "jwt.decrypt_alg_list",
        |words, parse| {
            let (word, store) = (words.need("a list of algorithms")?, parse.cx.names.tls_files().store());
            token_list(word, store.allow_algorithms(word.as_str().unwrap_or_default()))?;
            words.done()
        },
        "key algorithms that tokens may be encrypted with",
    ),
    GlobalRow::new(
        "jwt.decrypt_enc_list",
        |words, parse| {
            let (word, store) = (words.need("a list of ciphers")?, parse.cx.names.tls_files().store());
            token_list(word, store.allow_encryptions(word.as_str().unwrap_or_default()))?;
            words.done()
        },
        "ciphers that tokens may be encrypted with",
    ),
    GlobalRow::new("limited-quic", kinds::none, "QUIC on TLS libraries that lack a part of it").internal(),
    GlobalRow::new("no-quic", kinds::none, "no QUIC at all, whatever `bind` lines say").internal(),
];

/// A list of algorithms of tokens; the error is the name that is unknown.
fn token_list(word: &Word, taken: Result<(), String>) -> Result<(), Problem> {
    taken.map_err(|name| problem(word.span, format!("unknown algorithm/encoding `{name}`")))
}

fn directory(words: &mut Words<'_>, base: &mut Option<Box<[u8]>>) -> Result<(), Problem> {
    *base = Some(value::bytes(words.need("the directory")?));
    words.done()
}

fn server_verify(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let at = value::choice(words.need("`none` or `required`")?, &["none", "required"])?;
    parse.global.server_verify = if at == 0 { ServerVerify::None } else { ServerVerify::Required };
    words.done()
}

fn list(words: &mut Words<'_>, slot: &mut Option<Box<str>>) -> Result<(), Problem> {
    bind::text(words.need("a list")?, slot)?;
    words.done()
}

fn issuers(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("the directory")?;
    let (names, settings, directory) = (parse.cx.names, parse.global.tls.load, path(word)?);
    names.tls_files().load(settings, word.span, parse.cx.diags, |loader| loader.set_issuers(directory))?;
    words.done()
}

fn passphrase(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let first = words.need("the command")?;
    let mut command = vec![first.lossy().to_string()];
    command.extend(words.take_rest().iter().map(|word| word.lossy().to_string()));
    let (names, settings) = (parse.cx.names, parse.global.tls.load);
    names.tls_files().load(settings, first.span, parse.cx.diags, |loader| {
        loader.set_passphrase_command(command);
        Ok(())
    })
}

fn extra_files(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    const KINDS: &[&str] = &["none", "all", "bundle", "sctl", "ocsp", "issuer", "key"];
    let first = words.clone().need("the kinds of files")?.span;
    let rest = words.take_rest();
    rest.iter().try_for_each(|word| value::choice(word, KINDS).map(drop))?;
    let kinds: Vec<&str> = rest.iter().filter_map(Word::as_str).collect();
    parse.global.tls.load.extra = ExtraFiles::parse(&kinds).map_err(|error| problem(first, error))?;
    Ok(())
}

fn extra_names(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.tls.load.extra_names = ExtraNames::InsteadOfCrt;
    kinds::alone(words, parse)
}

fn self_issued(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.tls.load.self_issued = SelfIssued::Skipped;
    kinds::alone(words, parse)
}

fn scheduler(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    value::choice(words.need("`auto` or `off`")?, &["auto", "off"])?;
    words.done()
}

/// Words of `bind` and `server` lines that may hold for all of them.
const OPTIONS: &[&str] = &[
    "no-sslv3",
    "no-tlsv10",
    "no-tlsv11",
    "no-tlsv12",
    "no-tlsv13",
    "force-sslv3",
    "force-tlsv10",
    "force-tlsv11",
    "force-tlsv12",
    "force-tlsv13",
    "no-tls-tickets",
    "tls-tickets",
    "prefer-client-ciphers",
    "strict-sni",
    "no-strict-sni",
    "renegotiate",
    "no-renegotiate",
    "allow-0rtt",
    "ssl-min-ver",
    "ssl-max-ver",
];

fn bind_options(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let bind = &mut parse.global.tls.bind;
    options(words, &mut bind.versions, |name| match name {
        "tls-tickets" | "no-tls-tickets" => bind.is_stateful = name.starts_with("no-"),
        "strict-sni" | "no-strict-sni" => bind.is_strict_sni = !name.starts_with("no-"),
        "prefer-client-ciphers" => bind.prefers_client_ciphers = true,
        _ => {}
    })
}

fn server_options(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let server = &mut parse.global.tls.server;
    options(words, &mut server.versions, |name| {
        if let "tls-tickets" | "no-tls-tickets" = name {
            server.refuses_tickets = name.starts_with("no-");
        }
    })
}

/// Reads options: those about versions change `versions`, the others go to `set`.
fn options(
    words: &mut Words<'_>,
    versions: &mut VersionRange,
    mut set: impl FnMut(&str),
) -> Result<(), Problem> {
    if words.peek().is_none() {
        return Err(problem_of(codes::MISSING_ARGUMENT, words.span(), "the options are missing"));
    }
    while let Some(word) = words.next() {
        match OPTIONS[value::choice(word, OPTIONS)?] {
            "ssl-min-ver" => versions.min = Some(bind::version(words.need(bind::VERSION)?)?),
            "ssl-max-ver" => versions.max = Some(bind::version(words.need(bind::VERSION)?)?),
            name if name.contains("sslv3") || name.contains("tlsv1") => bind::version_option(word, versions)?,
            name => set(name),
        }
    }
    Ok(())
}
