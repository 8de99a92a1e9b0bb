//! `show ssl ocsp-response`, `set ssl ocsp-response`, `show ssl ocsp-updates`, `update ssl ocsp-response`.

use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sample::logformat::push_local;
use tls::files::{StapleView, UpdateView, Version};
use tls::ocsp::{Answer as OcspAnswer, CertId};

use super::{hex, store};
use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};
use crate::ocsp;

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["set", "ssl", "ocsp-response"],
        "set ssl ocsp-response <resp|payload>",
        "give a certificate its OCSP answer, as base64 of DER",
        |request| settle(set(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["show", "ssl", "ocsp-response"],
        "show ssl ocsp-response [[text|base64] id]",
        "list the ids of OCSP answers, or show one of them",
        |request| settle(show(request)),
    )
    .level(Level::Admin),
    Command::new(
        &["show", "ssl", "ocsp-updates"],
        "show ssl ocsp-updates",
        "list the OCSP answers that are fetched: when, how often, and what came of it",
        updates,
    )
    .level(Level::Admin),
    Command::new(
        &["update", "ssl", "ocsp-response"],
        "update ssl ocsp-response <certfile>",
        "fetch the OCSP answer of a certificate now",
        |request| settle(update(request)),
    )
    .level(Level::Admin),
];

fn update(request: &Request<'_>) -> Result<Answer, Answer> {
    let name = request.text(3);
    let failed = |why: &str| Answer::error(format!("{why}\nCan't send ocsp request for {name}!\n"));
    if name.is_empty() {
        return Err(Answer::error("'update ssl ocsp-response' expects a filename\n"));
    }
    let settings = &request.process.shared.config.global.tls.ocsp;
    if settings.is_disabled {
        return Err(failed("OCSP answers are not fetched: 'ocsp-update.disable' is on."));
    }
    let wanted = store(request).update_now(&name, ocsp::now_s(), settings.delays);
    wanted.map_err(|why| failed(&why.to_string()))?;
    request.process.wants_answers.notify_one();
    Ok(Answer::Dump(Vec::new()))
}

fn updates(request: &mut Request<'_>) -> Answer {
    const TITLE: &str = "OCSP Certid | Path | Next Update | Last Update | Successes | Failures | \
                         Last Update Status | Last Update Status (str)\n";
    let settings = &request.process.shared.config.global.tls.ocsp;
    let mut out = TITLE.as_bytes().to_vec();
    let now = ocsp::now_s();
    let all = if settings.is_disabled { Vec::new() } else { store(request).updates(now, settings.delays) };
    all.iter().for_each(|view| push_update(&mut out, view, now));
    Answer::Dump(out)
}

fn push_update(out: &mut Vec<u8>, view: &UpdateView, now: i64) {
    let push_date = |out: &mut Vec<u8>, seconds: i64| {
        push_local(out, Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
    };
    let start = format!("{} | {} | ", hex(&view.id).to_lowercase(), view.certificate);
    out.extend_from_slice(start.as_bytes());
    push_date(out, if view.next_s == 0 { now } else { view.next_s });
    out.extend_from_slice(b" | ");
    match view.last_s {
        Some(last) => push_date(out, last),
        None => out.push(b'-'),
    }
    let error = view.error.as_ref().map(|error| format!(" ({error})")).unwrap_or_default();
    let end = format!(
        " | {} | {} | {} | {}{error}\n",
        view.successes,
        view.failures,
        view.status as u8,
        view.status.text()
    );
    out.extend_from_slice(end.as_bytes());
}

/// An OCSP answer for people. Empty lines, which would end what is shown, have a blank.
pub(super) fn text(answer: &[u8]) -> Option<String> {
    Some(OcspAnswer::parse(answer).ok()?.text().replace("\n\n", "\n \n"))
}

fn set(request: &Request<'_>) -> Result<Answer, Answer> {
    let given = request.payload.unwrap_or(request.word(3));
    if given.is_empty() {
        return Err(Answer::error("'set ssl ocsp-response' expects response in base64 encoding.\n"));
    }
    let given: Vec<u8> = given.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let answer = STANDARD
        .decode(&given)
        .map_err(|_| Answer::error("'set ssl ocsp-response' received invalid base64 encoded response.\n"))?;
    match store(request).set_staple(&answer) {
        Ok(()) => Ok(Answer::info("OCSP Response updated!\n")),
        Err(error) => Err(Answer::error(format!("{error}.\n"))),
    }
}

/// How an answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Base64,
}

fn show(request: &Request<'_>) -> Result<Answer, Answer> {
    let all = store(request).staples();
    if request.word(3).is_empty() {
        return Ok(Answer::Dump(list(&all).into_bytes()));
    }
    let (form, wanted) = match request.word(3) {
        b"text" => (Form::Text, request.text(4)),
        b"base64" => (Form::Base64, request.text(4)),
        _ => (Form::Text, request.text(3)),
    };
    if wanted.is_empty() {
        return Err(Answer::error("'show ssl ocsp-response [text|base64]' expects a valid certid.\n"));
    }
    let id = match unhex(&wanted) {
        Some(id) => id,
        None => {
            let view = store(request).certificate(&wanted, Version::Current);
            view.and_then(|view| view.ocsp_id()).ok_or_else(|| {
                Answer::error("'show ssl ocsp-response' expects a valid certid or certificate path.\n")
            })?
        }
    };
    let found = all
        .iter()
        .find(|staple| staple.id == id)
        .ok_or_else(|| Answer::error("Certificate ID or path does not match any certificate.\n"))?;
    let text = match form {
        Form::Text => text(&found.answer).unwrap_or_default(),
        Form::Base64 => STANDARD.encode(&found.answer) + "\n",
    };
    Ok(Answer::Dump(text.into_bytes()))
}

fn list(all: &[StapleView]) -> String {
    let mut out = "# Certificate IDs\n".to_owned();
    for staple in all {
        let id = CertId::parse(&staple.id).map_or_else(String::new, |id| id.text(" "));
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "Certificate ID key : {}\nCertificate path : {}\n{id}",
            hex(&staple.id).to_lowercase(),
            staple.certificate
        );
    }
    out
}

/// The bytes that hexadecimal digits stand for.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}
