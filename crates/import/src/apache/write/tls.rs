//! mod_ssl: certificates and what is asked of clients, and TLS towards servers.

use super::frontend::{At, Frontend};
use super::hosts::{Entry, is_tls};
use crate::apache::model::{ProxyTls, Switch, Tls};
use crate::apache::pattern::word;
use crate::apache::reader::Source;

/// The words behind the address of a `bind` line.
pub(super) fn bind(front: &mut Frontend<'_, '_>, entry: &Entry) -> String {
    for host in entry.hosts() {
        if let (Some((_, source)), true) = (&host.server.tls.engine, is_tls(host) != front.is_tls) {
            let text = "this host shares its address with one that differs in TLS: the first one decides";
            front.shared.problem(source, text);
        }
    }
    let Some(host) = entry.hosts().next().filter(|_| front.is_tls) else { return String::new() };
    let tls = &host.server.tls;
    let mut line = String::from(" ssl");
    if let Some((words, source)) = &tls.protocols {
        line.push_str(&protocols(front, words, source));
    }
    if let Some((list, _)) = &tls.ciphers {
        line.push_str(&format!(" ciphers {}", word(list)));
    }
    if let Some((list, _)) = &tls.ciphersuites {
        line.push_str(&format!(" ciphersuites {}", word(list)));
    }
    if !matches!(tls.honor_order, Some((Switch::On, _))) {
        line.push_str(" prefer-client-ciphers");
    }
    if matches!(tls.tickets, Some((Switch::Off, _))) {
        line.push_str(" no-tls-tickets");
    }
    if is_verified_alike(entry) {
        line.push_str(&verification(front, tls));
    }
    line
}

fn is_verified_alike(entry: &Entry) -> bool {
    let key = |tls: &Tls| {
        let file = |told: &Option<(String, Source)>| told.as_ref().map(|(text, _)| text.clone());
        (file(&tls.verify), file(&tls.authorities), file(&tls.revocations))
    };
    let mut keys = entry.hosts().map(|host| key(&host.server.tls));
    let first = keys.next();
    keys.all(|other| Some(other) == first)
}

/// The certificates, each with what only its host asks of clients.
pub(super) fn certificates(front: &mut Frontend<'_, '_>, entry: &Entry) {
    if !front.is_tls {
        return;
    }
    let is_alike = is_verified_alike(entry);
    let mut known = Vec::new();
    for host in entry.hosts().filter(|host| is_tls(host)) {
        let tls = &host.server.tls;
        let own = if is_alike { String::new() } else { verification(front, tls) };
        if tls.certificates.is_empty()
            && let Some((_, source)) = &tls.engine
        {
            front.shared.problem(source, "SSLEngine: there is no SSLCertificateFile");
        }
        for (at, (certificate, source)) in tls.certificates.iter().enumerate() {
            if known.contains(certificate) {
                continue;
            }
            known.push(certificate.clone());
            let key = tls.keys.get(at).map_or(certificate, |(key, _)| key);
            front.head.add(source, format!("ssl-f-use crt {} key {}{own}", word(certificate), word(key)));
            chain(front, tls, certificate);
        }
    }
}

/// SSLCertificateChainFile, unless the certificate's file has what is in it already.
fn chain(front: &mut Frontend<'_, '_>, tls: &Tls, certificate: &str) {
    let Some((chain, source)) = &tls.chain else { return };
    let read = |path: &str| {
        front.shared.tree.read(path).map(|bytes| String::from_utf8_lossy(&bytes).replace('\r', ""))
    };
    let is_there = match (read(certificate), read(chain)) {
        (Ok(certificate), Ok(chain)) => {
            let mut blocks = chain
                .split_inclusive("-----END CERTIFICATE-----")
                .filter(|block| block.contains("BEGIN CERTIFICATE"));
            blocks.all(|block| certificate.contains(block.trim()))
        }
        _ => false,
    };
    if !is_there {
        let line = format!("issuers-chain-path {}", word(chain));
        if !front.shared.chains.iter().any(|(known, _)| *known == line) {
            let told = (line, source.clone());
            front.shared.chains.push(told);
        }
    }
}

/// SSLVerifyClient.
fn verification(front: &mut Frontend<'_, '_>, tls: &Tls) -> String {
    let Some((asked, source)) = &tls.verify else { return String::new() };
    let verify = match asked.as_str() {
        "none" => return String::new(),
        "require" => "required",
        "optional" => "optional",
        "optional_no_ca" => "optional ca-ignore-err all crt-ignore-err all",
        other => {
            front
                .shared
                .problem(source, format!("SSLVerifyClient {other} is not known: a certificate is required"));
            "required"
        }
    };
    let mut out = format!(" verify {verify}");
    match &tls.authorities {
        Some((file, _)) => out.push_str(&format!(" ca-file {}", word(file))),
        None => front.shared.problem(source, "SSLVerifyClient: there is no SSLCACertificateFile"),
    }
    let checks = tls.revocation_check.as_ref().is_some_and(|(word, _)| word != "none");
    if let Some((file, _)) = tls.revocations.as_ref().filter(|_| checks) {
        out.push_str(&format!(" crl-file {}", word(file)));
    }
    out
}

const VERSIONS: [&str; 5] = ["sslv3", "tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3"];

/// `all -SSLv3 +TLSv1.2`.
fn protocols(front: &mut Frontend<'_, '_>, words: &[String], source: &Source) -> String {
    let mut enabled = [false; 5];
    for word in words {
        let lower = word.to_lowercase();
        let (is_on, name) = match lower.strip_prefix('-') {
            Some(name) => (false, name),
            None => (true, lower.trim_start_matches('+')),
        };
        if name == "all" {
            enabled = [is_on; 5];
        } else if let Some(at) = VERSIONS.iter().position(|known| *known == name) {
            if is_on && at < 3 {
                front.shared.problem(source, format!("{word} is not there: clients need TLS 1.2 at least"));
            }
            enabled[at] = is_on;
        } else {
            front.shared.problem(source, format!("the version '{word}' is not known"));
        }
    }
    let mut out = String::new();
    match (enabled[3], enabled[4]) {
        (true, true) if enabled[..3].contains(&true) => {}
        (true, true) => out.push_str(" ssl-min-ver TLSv1.2"),
        (true, false) => out.push_str(" ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.2"),
        (false, true) => out.push_str(" ssl-min-ver TLSv1.3"),
        (false, false) => front.shared.problem(source, "no version is left that is there"),
    }
    out
}

/// Whether the server's name is compared with that in its certificate.
fn checks_name(tls: &ProxyTls) -> bool {
    !matches!(tls.check_name, Some((Switch::Off, _)))
}

/// How the server's certificate is verified.
fn server_verification(
    front: &mut Frontend<'_, '_>,
    tls: &ProxyTls,
    is_checked: bool,
    source: &Source,
) -> String {
    let mut out = String::new();
    match (&tls.authorities, is_checked) {
        (Some((file, _)), true) => out.push_str(&format!(" verify required ca-file {}", word(file))),
        (None, true) => {
            front.shared.problem(
                source,
                "SSLProxyVerify: there is no SSLProxyCACertificateFile: the system's are used",
            );
            out.push_str(" verify required ca-file @system-ca");
        }
        (_, false) => {
            out.push_str(" verify none");
            let checks_dates = !matches!(tls.check_expire, Some((Switch::Off, _)));
            if checks_name(tls) || checks_dates {
                let text = "without SSLProxyVerify Apache compares the name and the dates of the server's certificate, whoever signed it: nothing is compared here";
                front.shared.problem(source, text);
            }
        }
    }
    out
}

/// The words of a `server` line about TLS.
pub(super) fn server(
    front: &mut Frontend<'_, '_>,
    at: &At<'_>,
    host: &str,
    keeps_host: bool,
    source: &Source,
) -> String {
    let tls = &at.host.server.tls.proxy;
    let mut out = String::from(" ssl");
    let is_checked = tls
        .verify
        .as_ref()
        .is_some_and(|(word, _)| word.starts_with("require") || word.starts_with("optional"));
    out.push_str(&server_verification(front, tls, is_checked, source));
    let is_name = host.parse::<std::net::IpAddr>().is_err() && !host.starts_with('[');
    if is_checked && !checks_name(tls) {
        front.shared.problem(source, "SSLProxyCheckPeerName Off: the server is not told its name (SNI), because that would be compared");
        out.push_str(" no-sni-auto");
    } else if is_name && !keeps_host {
        out.push_str(&format!(" sni str({host}) check-sni {host}"));
    }
    if let Some((file, _)) = &tls.certificate {
        out.push_str(&format!(" crt {}", word(file)));
    }
    if let Some((file, _)) = tls.revocations.as_ref().filter(|_| is_checked) {
        out.push_str(&format!(" crl-file {}", word(file)));
    }
    if let Some((list, _)) = &tls.ciphers {
        out.push_str(&format!(" ciphers {}", word(list)));
    }
    if let Some((words, told)) = &tls.protocols {
        out.push_str(&protocols(front, words, told));
    }
    out
}
