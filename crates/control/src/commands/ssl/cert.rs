//! `show|dump|new|set|commit|abort|del ssl cert`.

use std::fmt::Write as _;

use tls::files::{CertificateView, ChangeError, Dump, Progress, Version};
use tls::x509::Cert;

use super::{committed, failed, hex, notice, push_certificate, push_line, status, store, versioned};
use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["new", "ssl", "cert"],
        "new ssl cert <certfile>",
        "make an empty certificate, to be set and committed",
        |request| settle(new(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["set", "ssl", "cert"],
        "set ssl cert <certfile> <payload>",
        "replace a certificate, its key, issuer or OCSP answer, from the next commit on",
        |request| settle(set(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["commit", "ssl", "cert"],
        "commit ssl cert <certfile>",
        "take a certificate that was set into use",
        |request| settle(commit(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["abort", "ssl", "cert"],
        "abort ssl cert <certfile>",
        "give up what was set and not committed",
        |request| settle(abort(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["del", "ssl", "cert"],
        "del ssl cert <certfile>",
        "delete a certificate that nothing uses",
        |request| settle(del(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["show", "ssl", "cert"],
        "show ssl cert [<certfile>]",
        "list the certificates, or show one of them",
        show,
    )
    .level(Level::Operator),
    Command::new(
        &["dump", "ssl", "cert"],
        "dump ssl cert <certfile>",
        "show a certificate as PEM, with its key",
        dump,
    )
    .level(Level::Admin),
];

/// The certificate's name.
fn name(request: &Request<'_>, text: &'static str) -> Result<String, Answer> {
    let name = request.text(3);
    if name.is_empty() { Err(Answer::error(text)) } else { Ok(name.into_owned()) }
}

fn new(request: &Request<'_>) -> Result<Answer, Answer> {
    let name = name(request, "'new ssl cert' expects a filename\n")?;
    match store(request).new_certificate(&name) {
        Ok(()) => Ok(notice(format!("New empty certificate store '{name}'!\n"))),
        Err(_) => Err(Answer::error(format!("Certificate '{name}' already exists!\n"))),
    }
}

fn set(request: &Request<'_>) -> Result<Answer, Answer> {
    const USAGE: &str = "'set ssl cert' expects a filename and a certificate as a payload\n";
    let name = name(request, USAGE)?;
    let payload = request.payload.ok_or_else(|| Answer::error(USAGE))?;
    let why = match store(request).set_certificate(&name, payload) {
        Ok(Progress::Created(of)) => {
            return Ok(notice(format!("Transaction created for certificate {of}!\n")));
        }
        Ok(Progress::Updated(of)) => {
            return Ok(notice(format!("Transaction updated for certificate {of}!\n")));
        }
        Err(ChangeError::Unknown) => {
            "Can't replace a certificate which is not referenced by the configuration!".to_owned()
        }
        Err(ChangeError::Payload(why)) => format!("{why}\nCan't load the payload"),
        Err(other) => other.to_string(),
    };
    Err(Answer::error(format!("{why}\nCan't update {name}!\n")))
}

fn commit(request: &Request<'_>) -> Result<Answer, Answer> {
    let name = name(request, "'commit ssl cert' expects a filename\n")?;
    match store(request).commit_certificate(&name) {
        Ok(done) => Ok(committed(&name, &done)),
        Err(ChangeError::Failed(why)) => Ok(failed(&name, &why)),
        Err(error) => Err(Answer::error(format!("{error}\nCan't commit {name}!\n"))),
    }
}

fn abort(request: &Request<'_>) -> Result<Answer, Answer> {
    let name = name(request, "'abort ssl cert' expects a filename\n")?;
    match store(request).abort_certificate(&name) {
        Ok(()) => Ok(notice(format!("Transaction aborted for certificate '{name}'!\n"))),
        Err(error) => Err(Answer::error(format!("{error}\n"))),
    }
}

fn del(request: &Request<'_>) -> Result<Answer, Answer> {
    let name = name(request, "'del ssl cert' expects a certificate name\n")?;
    let why = match store(request).del_certificate(&name) {
        Ok(()) => return Ok(notice(format!("Certificate '{name}' deleted!\n"))),
        Err(ChangeError::Ongoing) => format!("ongoing transaction for the certificate '{name}'"),
        Err(ChangeError::InUse) => format!("certificate '{name}' in use, can't be deleted!"),
        Err(ChangeError::InUseForTokens) => {
            format!("certificate '{name}' in use for JWT validation, can't be deleted!")
        }
        Err(_) => format!("certificate '{name}' doesn't exist!"),
    };
    Err(Answer::error(format!("Can't remove the certificate: {why}\n")))
}

fn show(request: &mut Request<'_>) -> Answer {
    let word = request.text(3);
    let store = store(request);
    let mut out = String::new();
    if word.is_empty() {
        let (names, pending) = store.certificates();
        if let Some(pending) = pending {
            let _ = write!(out, "# transaction\n*{pending}\n");
        }
        out.push_str("# filename\n");
        names.iter().for_each(|name| push_line(&mut out, name));
        return Answer::Dump(out.into_bytes());
    }
    let (path, is_answer) = match word.strip_suffix(".ocsp") {
        Some(path) => (path, true),
        None => (&*word, false),
    };
    let (name, version) = versioned(path);
    let Some(view) = store.certificate(name, version) else { return not_found() };
    if is_answer {
        let text = view.ocsp.as_deref().and_then(super::ocsp::text).unwrap_or_default();
        return Answer::Dump(text.into_bytes());
    }
    push_details(&mut out, &view, version);
    Answer::Dump(out.into_bytes())
}

fn not_found() -> Answer {
    Answer::error("Can't display the certificate: Not found or the certificate is a bundle!\n")
}

fn push_details(out: &mut String, view: &CertificateView, version: Version) {
    let mark = if version == Version::Pending { "*" } else { "" };
    let _ = writeln!(out, "Filename: {mark}{}", view.name);
    let said = &view.said;
    for (title, file) in [
        ("Crt filename", &said.crt),
        ("Key filename", &said.key),
        ("OCSP filename", &said.ocsp),
        ("OCSP Issuer filename", &said.issuer),
        ("SCTL filename", &said.sctl),
    ] {
        if let Some(file) = file {
            let _ = writeln!(out, "{title}: {file}");
        }
    }
    let on = |is_on: bool| if is_on { "on" } else { "off" };
    let _ = writeln!(out, "Option: ocsp-update {}", on(view.updates_ocsp));
    let _ = writeln!(out, "Option: jwt {}", on(view.is_for_tokens));
    let _ = writeln!(out, "Status: {}", status(view.status));
    let Some((own, rest)) = view.chain.split_first() else { return };
    if let Some(file) = &view.issuers_file {
        let _ = writeln!(out, "Chain Filename: {file}");
    }
    push_certificate(out, own);
    for cert in rest.iter().filter_map(|der| Cert::parse(der)) {
        for (title, name) in [("Subject", cert.subject()), ("Issuer", cert.issuer())] {
            let name = name.oneline().unwrap_or_default();
            let _ = writeln!(out, "Chain {title}: {}", String::from_utf8_lossy(&name));
        }
    }
    if let Some(id) = view.ocsp_id().filter(|_| view.ocsp.is_some()) {
        let _ = writeln!(out, "OCSP Response Key: {}", hex(&id).to_lowercase());
    }
}

fn dump(request: &mut Request<'_>) -> Answer {
    let word = request.text(3);
    let (name, version) = versioned(&word);
    match store(request).dump_certificate(name, version) {
        Some(Dump::Pem(text)) => Answer::Dump(text.into_bytes()),
        Some(Dump::Encrypted) => Answer::error("Can't display the contents of an encrypted certificate!\n"),
        None => not_found(),
    }
}
