//! What TLS has in common on all lines (chapter 3.1): checked here, carried out later.

use rules::Words;
use sample::Problem;
use sample::compile::problem;

use super::kinds;
use super::rows::usage;
use crate::context::GlobalParse;
use crate::model::ServerVerify;
use crate::row::GlobalRow;
use crate::sections::bind::tls::VERSIONS;
use crate::sections::value;

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
    GlobalRow::new("issuers-chain-path", kinds::word, "where missing issuers of certificates are"),
    GlobalRow::new("ssl-server-verify", server_verify, "whether servers' certificates are checked")
        .examples(usage!["ssl-server-verify none"]),
    GlobalRow::new("ssl-default-bind-ciphers", kinds::word, "ciphers up to TLS 1.2 for clients"),
    GlobalRow::new("ssl-default-bind-ciphersuites", kinds::word, "ciphers of TLS 1.3 for clients"),
    GlobalRow::new("ssl-default-bind-curves", kinds::word, "groups of key exchange for clients"),
    GlobalRow::new("ssl-default-bind-sigalgs", kinds::word, "signature algorithms for clients"),
    GlobalRow::new("ssl-default-bind-client-sigalgs", kinds::word, "signature algorithms of clients"),
    GlobalRow::new("ssl-default-bind-options", options, "words that hold for all TLS `bind` lines")
        .examples(usage!["ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets"]),
    GlobalRow::new("ssl-default-server-ciphers", kinds::word, "ciphers up to TLS 1.2 for servers"),
    GlobalRow::new("ssl-default-server-ciphersuites", kinds::word, "ciphers of TLS 1.3 for servers"),
    GlobalRow::new("ssl-default-server-curves", kinds::word, "groups of key exchange for servers"),
    GlobalRow::new("ssl-default-server-sigalgs", kinds::word, "signature algorithms for servers"),
    GlobalRow::new(
        "ssl-default-server-client-sigalgs",
        kinds::word,
        "signature algorithms of client certificates",
    ),
    GlobalRow::new("ssl-default-server-options", options, "words that hold for all TLS servers")
        .examples(usage!["ssl-default-server-options force-tlsv12"]),
    GlobalRow::new("ssl-dh-param-file", kinds::file, "parameters of Diffie-Hellman key exchange"),
    GlobalRow::new("ssl-engine", kinds::some, "a device or library that computes"),
    GlobalRow::new("ssl-mode-async", kinds::alone, "it computes beside the main flow"),
    GlobalRow::new("ssl-load-extra-files", extra_files, "files that belong to a certificate"),
    GlobalRow::new("ssl-load-extra-del-ext", kinds::alone, "they replace its file name's ending"),
    GlobalRow::new("ssl-passphrase-cmd", kinds::some, "a command that tells the password of a key"),
    GlobalRow::new("ssl-propquery", kinds::word, "which implementations OpenSSL chooses"),
    GlobalRow::new("ssl-provider", kinds::word, "an OpenSSL provider to load"),
    GlobalRow::new("ssl-provider-path", kinds::word, "where they are"),
    GlobalRow::new("ssl-security-level", kinds::number, "the least strength of keys and ciphers"),
    GlobalRow::new("ssl-skip-self-issued-ca", kinds::alone, "self-issued authorities are not sent"),
    GlobalRow::new("ocsp-update.mode", kinds::on_off, "whether OCSP answers are fetched"),
    GlobalRow::new("ocsp-update.disable", kinds::on_off, "whether none are fetched at all"),
    GlobalRow::new("ocsp-update.httpproxy", kinds::word, "the proxy that they are fetched through"),
    GlobalRow::new("ocsp-update.maxdelay", kinds::number, "the longest time between two fetches, seconds"),
    GlobalRow::new("ocsp-update.mindelay", kinds::number, "the shortest time between two fetches, seconds"),
    GlobalRow::new("acme.scheduler", scheduler, "whether certificates are renewed"),
    GlobalRow::new("jwt.decrypt_alg_list", kinds::word, "key algorithms that tokens may be encrypted with"),
    GlobalRow::new("jwt.decrypt_enc_list", kinds::word, "ciphers that tokens may be encrypted with"),
    GlobalRow::new("limited-quic", kinds::none, "QUIC on TLS libraries that lack a part of it"),
    GlobalRow::new("no-quic", kinds::none, "no QUIC at all"),
];

fn directory(words: &mut Words<'_>, base: &mut Option<Box<[u8]>>) -> Result<(), Problem> {
    *base = Some(value::bytes(words.need("the directory")?));
    words.done()
}

fn server_verify(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let at = value::choice(words.need("`none` or `required`")?, &["none", "required"])?;
    parse.global.server_verify = if at == 0 { ServerVerify::None } else { ServerVerify::Required };
    words.done()
}

fn extra_files(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    const KINDS: &[&str] = &["none", "all", "bundle", "sctl", "ocsp", "issuer", "key"];
    words.clone().need("the kinds of files")?;
    words.take_rest().iter().try_for_each(|word| value::choice(word, KINDS).map(drop))
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
    "allow-0rtt",
    "ssl-min-ver",
    "ssl-max-ver",
];

fn options(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    if words.peek().is_none() {
        return Err(problem(words.span(), "the options are missing"));
    }
    while let Some(word) = words.next() {
        let at = value::choice(word, OPTIONS)?;
        if OPTIONS[at].ends_with("-ver") {
            value::choice(words.need("a version, as in `TLSv1.2`,")?, VERSIONS)?;
        }
    }
    Ok(())
}
