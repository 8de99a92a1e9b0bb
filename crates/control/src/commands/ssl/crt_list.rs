//! `show|add|del ssl crt-list`.

use std::fmt::Write as _;

use tls::files::{ChangeError, NewEntry};
use tls::load::{OcspUpdate, StoreOptions, based, crt_list};

use super::{notice, push_line, store};
use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["add", "ssl", "crt-list"],
        "add ssl crt-list <list> <cert> [opts]*",
        "add a certificate to a list, by its name or by a line of payload",
        |request| settle(add(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["del", "ssl", "crt-list"],
        "del ssl crt-list <list> <cert[:line]>",
        "take a certificate off a list",
        |request| settle(del(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["show", "ssl", "crt-list"],
        "show ssl crt-list [-n] [<list>]",
        "list the lists of certificates, or show the lines of one",
        |request| settle(show(request)),
    )
    .level(Level::Admin),
];

/// A list's name without slashes at its end.
fn trimmed(name: &str) -> &str {
    name.trim_end_matches('/')
}

fn show(request: &Request<'_>) -> Result<Answer, Answer> {
    let with_numbers = request.word(3) == b"-n";
    let name = request.text(if with_numbers { 4 } else { 3 });
    let mut out = String::new();
    if name.is_empty() {
        if with_numbers {
            return Err(Answer::error("'show ssl crt-list -n' expects a filename or a directory\n"));
        }
        store(request).lists().iter().for_each(|name| push_line(&mut out, name));
        return Ok(Answer::Dump(out.into_bytes()));
    }
    let list = store(request).list(trimmed(&name));
    let list = list.ok_or_else(|| Answer::error("didn't find the specified filename\n"))?;
    // Writing to a String cannot fail.
    let _ = writeln!(out, "# {}", list.name);
    for entry in &list.entries {
        out.push_str(&entry.certificate);
        if with_numbers {
            let _ = write!(out, ":{}", entry.number);
        }
        if !entry.options.is_empty() {
            let _ = write!(out, " [{}]", entry.options.join(" "));
        }
        entry.filters.iter().for_each(|filter| {
            let _ = write!(out, " {filter}");
        });
        out.push('\n');
    }
    Ok(Answer::Dump(out.into_bytes()))
}

fn add(request: &Request<'_>) -> Result<Answer, Answer> {
    let (list, certificate) = (request.text(3), request.text(4));
    if list.is_empty() || (request.payload.is_none() && certificate.is_empty()) {
        return Err(Answer::error("'add ssl crtlist' expects a filename and a certificate name\n"));
    }
    let list = trimmed(&list);
    let refuse = |why: String| Answer::error(format!("Can't edit the crt-list: {why}\n"));
    let change = |error: ChangeError| refuse(error.to_string());
    let store = store(request);
    let hosts = store.list_hosts(list).map_err(change)?;
    let mut new = match request.payload {
        Some(payload) => read_line(payload).map_err(refuse)?,
        None => plain(&certificate),
    };
    let config = &request.process.shared.config;
    let crt_base = config.global.crt_base.as_deref().and_then(|base| std::str::from_utf8(base).ok());
    new.certificate = based(&new.certificate, crt_base).into();
    let mut changed = Vec::with_capacity(hosts.len());
    for mut host in hosts {
        let said = config::certificate_words(&new.options, &mut host, config).map_err(refuse)?;
        let said_update = said.ocsp_update;
        let of_files = StoreOptions { ocsp_update: OcspUpdate::Default, is_for_tokens: false, ..said };
        if of_files != StoreOptions::default() {
            return Err(refuse("the certificate is loaded: its files cannot be named here".to_owned()));
        }
        new.ocsp_update = said_update;
        changed.push(host);
    }
    let certificate = new.certificate.clone();
    let mut out = format!("Inserting certificate '{certificate}' in crt-list '{list}'");
    match store.add_to_list(list, new, changed) {
        Ok(count) => {
            let _ = write!(out, "{}\nSuccess!\n", ".".repeat(count));
            Ok(Answer::Dump(out.into_bytes()))
        }
        Err(ChangeError::Failed(why)) => {
            let _ = write!(out, "\n{why}\nFailed!\n");
            Ok(Answer::Dump(out.into_bytes()))
        }
        Err(error) => Err(change(error)),
    }
}

/// A certificate of which nothing is said.
fn plain(certificate: &str) -> NewEntry {
    NewEntry {
        certificate: certificate.into(),
        options: Vec::new(),
        filters: Vec::new(),
        ocsp_update: OcspUpdate::Default,
    }
}

/// The line of a payload.
fn read_line(payload: &[u8]) -> Result<NewEntry, String> {
    if payload.contains(&b'\n') {
        return Err("only one line of payload is supported!".to_owned());
    }
    let mut list = crt_list::parse("CLI", payload);
    if let Some(error) = list.errors.first() {
        return Err(error.text.clone().into());
    }
    let Some(line) = list.lines.pop() else {
        return Err("'add ssl crtlist' should contain the certificate name in the payload".to_owned());
    };
    Ok(NewEntry { options: line.options, filters: line.filters, ..plain(&line.path) })
}

fn del(request: &Request<'_>) -> Result<Answer, Answer> {
    let (list, given) = (request.text(3), request.text(4));
    if list.is_empty() || given.is_empty() {
        return Err(Answer::error("'del ssl crtlist' expects a filename and a certificate name\n"));
    }
    let list = trimmed(&list);
    let refuse = |why: String| Answer::error(format!("Can't delete the entry: {why}\n"));
    let (certificate, number) = match given.split_once(':') {
        None => (&*given, None),
        Some((certificate, number)) => match number.parse() {
            Ok(number) => (certificate, Some(number)),
            Err(_) => return Err(refuse(format!("wrong line number after colons in '{given}'!"))),
        },
    };
    match store(request).del_from_list(list, certificate, number) {
        Ok(()) => Ok(notice(format!("Entry '{certificate}' deleted in crtlist '{list}'!\n"))),
        Err(error) => Err(refuse(error.to_string())),
    }
}
