//! `show|new|set|add|commit|abort|del ssl ca-file` and the same of `crl-file`.

use std::fmt::Write as _;

use tls::files::{ChangeError, Content, Kind, NamedView, Progress, Set, Version};

use super::{committed, failed, notice, numbered, push_certificate, push_line, status, store, versioned};
use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["new", "ssl", "ca-file"],
        "new ssl ca-file <cafile>",
        "make an empty list of authorities",
        |request| settle(new(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["add", "ssl", "ca-file"],
        "add ssl ca-file <cafile> <payload>",
        "add authorities, from the next commit on",
        |request| settle(set(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["set", "ssl", "ca-file"],
        "set ssl ca-file <cafile> <payload>",
        "replace authorities, from the next commit on",
        |request| settle(set(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["commit", "ssl", "ca-file"],
        "commit ssl ca-file <cafile>",
        "take authorities that were set into use",
        |request| settle(commit(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["abort", "ssl", "ca-file"],
        "abort ssl ca-file <cafile>",
        "give up what was set and not committed",
        |request| settle(abort(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["del", "ssl", "ca-file"],
        "del ssl ca-file <cafile>",
        "delete a list of authorities that nothing uses",
        |request| settle(del(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["show", "ssl", "ca-file"],
        "show ssl ca-file [<cafile>[:<index>]]",
        "list the lists of authorities, or show one of them, or one of its certificates",
        |request| settle(show(request)),
    )
    .level(Level::Operator),
    Command::new(
        &["new", "ssl", "crl-file"],
        "new ssl crl-file <crlfile>",
        "make an empty list of revoked certificates",
        |request| settle(new(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["set", "ssl", "crl-file"],
        "set ssl crl-file <crlfile> <payload>",
        "replace lists of revoked certificates, from the next commit on",
        |request| settle(set(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["commit", "ssl", "crl-file"],
        "commit ssl crl-file <crlfile>",
        "take lists of revoked certificates that were set into use",
        |request| settle(commit(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["abort", "ssl", "crl-file"],
        "abort ssl crl-file <crlfile>",
        "give up what was set and not committed",
        |request| settle(abort(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["del", "ssl", "crl-file"],
        "del ssl crl-file <crlfile>",
        "delete a file of revoked certificates that nothing uses",
        |request| settle(del(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["show", "ssl", "crl-file"],
        "show ssl crl-file [<crlfile>[:<index>]]",
        "list the files of revoked certificates, or show one of them, or one of its lists",
        |request| settle(show(request)),
    )
    .level(Level::Operator),
];

/// Which files a command is about, and what messages call them.
fn kind(request: &Request<'_>) -> (Kind, &'static str) {
    if request.word(2) == b"crl-file" { (Kind::Revocations, "CRL") } else { (Kind::Authorities, "CA") }
}

/// The file's name.
fn name(request: &Request<'_>, wanted: &str) -> Result<String, Answer> {
    let name = request.text(3);
    if !name.is_empty() {
        return Ok(name.into_owned());
    }
    let command = format!("{} ssl {}", request.text(0), request.text(2));
    Err(Answer::error(format!("'{command}' expects {wanted}\n")))
}

fn new(request: &Request<'_>) -> Result<Answer, Answer> {
    let name = name(request, "a filename")?;
    let (kind, word) = kind(request);
    match store(request).new_named(kind, &name) {
        Ok(()) => Ok(notice(format!("New {word} file created '{name}'!\n"))),
        Err(_) => Err(Answer::error(format!("{word} file '{name}' already exists!\n"))),
    }
}

fn set(request: &Request<'_>) -> Result<Answer, Answer> {
    let (kind, word) = kind(request);
    let wanted = format!("a filename and {word}s as a payload");
    let name = name(request, &wanted)?;
    let Some(payload) = request.payload else {
        let command = format!("{} ssl {}", request.text(0), request.text(2));
        return Err(Answer::error(format!("'{command}' expects {wanted}\n")));
    };
    let set = if request.word(0) == b"add" { Set::Add } else { Set::Replace };
    let why = match store(request).set_named(kind, &name, payload, set) {
        Ok(Progress::Created(of)) => return Ok(notice(format!("transaction created for {word} {of}!\n"))),
        Ok(Progress::Updated(of)) => return Ok(notice(format!("transaction updated for {word} {of}!\n"))),
        Err(ChangeError::Unknown) => {
            format!("Can't replace a {word} file which is not referenced by the configuration!")
        }
        Err(ChangeError::Payload(why)) => format!("{why}\nInvalid payload"),
        Err(other) => other.to_string(),
    };
    Err(Answer::error(format!("{why}\nCan't update {name}!\n")))
}

fn commit(request: &Request<'_>) -> Result<Answer, Answer> {
    let name = name(request, "a filename")?;
    match store(request).commit_named(kind(request).0, &name) {
        Ok(done) => Ok(committed(&name, &done)),
        Err(ChangeError::Failed(why)) => Ok(failed(&name, &why)),
        Err(error) => Err(Answer::error(format!("{error}\nCan't commit {name}!\n"))),
    }
}

fn abort(request: &Request<'_>) -> Result<Answer, Answer> {
    let name = name(request, "a filename")?;
    match store(request).abort_named(kind(request).0, &name) {
        Ok(()) => Ok(notice(format!("Transaction aborted for certificate '{name}'!\n"))),
        Err(error) => Err(Answer::error(format!("{error}\n"))),
    }
}

fn del(request: &Request<'_>) -> Result<Answer, Answer> {
    let (kind, word) = kind(request);
    let name = name(request, &format!("a {word} file name"))?;
    let why = match store(request).del_named(kind, &name) {
        Ok(()) => return Ok(notice(format!("{word} file '{name}' deleted!\n"))),
        Err(ChangeError::Ongoing) => format!("ongoing transaction for the {word} file '{name}'"),
        Err(ChangeError::InUse) => format!("{word} file '{name}' in use, can't be deleted!"),
        Err(ChangeError::OtherKind) => {
            let other = if kind == Kind::Revocations { "CA" } else { "CRL" };
            format!("'del ssl {}' does not work on {other} files!", request.text(2))
        }
        Err(_) => format!("{word} file '{name}' doesn't exist!"),
    };
    Err(Answer::error(format!("Can't remove the {word} file: {why}\n")))
}

fn show(request: &Request<'_>) -> Result<Answer, Answer> {
    let (kind, word) = kind(request);
    let given = request.text(3);
    if given.is_empty() {
        return Ok(Answer::Dump(list(request, kind).into_bytes()));
    }
    let (path, number) = numbered(&given, word)?;
    let (name, version) = versioned(path);
    let view = store(request).named_file(kind, name, version);
    let view = view.ok_or_else(|| Answer::error(format!("Can't display the {word} file : Not found!\n")))?;
    let mut out = String::new();
    push_details(&mut out, &view, version, number);
    Ok(Answer::Dump(out.into_bytes()))
}

/// All files of a kind; behind those of authorities stands how many they hold.
fn list(request: &Request<'_>, kind: Kind) -> String {
    let (all, pending) = store(request).named(kind);
    let line = |name: &str, content: &Content| match kind {
        Kind::Authorities => format!("{name} - {} certificate(s)", content.count()),
        Kind::Revocations => name.to_owned(),
    };
    let mut out = String::new();
    if let Some((name, content)) = pending {
        let _ = write!(out, "# transaction\n*{}\n", line(&name, &content));
    }
    out.push_str("# filename\n");
    all.iter().for_each(|(name, content)| push_line(&mut out, &line(name, content)));
    out
}

fn push_details(out: &mut String, view: &NamedView, version: Version, number: Option<usize>) {
    let mark = if version == Version::Pending { "*" } else { "" };
    let _ = write!(out, "Filename: {mark}{}\nStatus: {}\n", view.name, status(view.status));
    let is_meant = |at: &usize| number.is_none_or(|number| number == at + 1);
    match &view.content {
        Content::Authorities(store) => {
            for (at, der) in store.certificates().iter().enumerate().filter(|(at, _)| is_meant(at)) {
                let _ = write!(out, " \nCertificate #{}:\n", at + 1);
                push_certificate(out, der);
            }
        }
        Content::Revocations(lists) => {
            for (at, list) in lists.describe().enumerate().filter(|(at, _)| is_meant(at)) {
                let _ = write!(out, " \nCertificate Revocation List #{}:\n", at + 1);
                push_list(out, &list);
            }
        }
    }
}

/// Appends what a list of revoked certificates says.
fn push_list(out: &mut String, list: &tls::verify::ListText) {
    let _ = write!(
        out,
        "Version {}\nSignature Algorithm: {}\nIssuer: {}\nLast Update: {}\nNext Update: {}\n",
        list.version,
        list.algorithm,
        String::from_utf8_lossy(&list.issuer),
        list.last_update,
        list.next_update
    );
    if list.revoked.is_empty() {
        out.push_str("No Revoked Certificates.\n");
        return;
    }
    out.push_str("Revoked Certificates:\n");
    for (serial, date) in &list.revoked {
        let _ = write!(out, "    Serial Number: {serial}\n        Revocation Date: {date}\n");
    }
}
