//! `show ssl sni`: server names and their certificates; `show ssl providers`.

use std::fmt::Write as _;

use base::clock;
use base::units::{TimeUnit, parse_duration};
use tls::load::KeyKind;

use super::store;
use crate::command::{Answer, Command, Request, settle};

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["show", "ssl", "sni"],
        "show ssl sni [-f <frontend>] [-A] [-t <offset>]",
        "list the server names with their certificates, or those whose certificates expired (-A)",
        |request| settle(show(request)),
    ),
    Command::new(
        &["show", "ssl", "providers"],
        "show ssl providers",
        "list what provides the TLS library with algorithms",
        providers,
    ),
];

/// What is asked for.
#[derive(Debug, Default)]
struct Wanted {
    frontend: Option<String>,
    /// Certificates that end so many seconds from now; `None`: all.
    ends_within_s: Option<i64>,
}

fn wanted(request: &Request<'_>) -> Result<Wanted, Answer> {
    let mut wanted = Wanted::default();
    let (mut offset_s, mut is_expired) = (0, false);
    let mut at = 3;
    while !request.word(at).is_empty() {
        let value = request.text(at + 1);
        match request.word(at) {
            b"-f" => {
                let runtime = &request.process.shared.runtime;
                if value.is_empty() {
                    return Err(Answer::error("'-f' requires a frontend name!\n"));
                }
                let is_it = |proxy: &state::Proxy| proxy.sides.has_frontend() && *proxy.name == *value;
                if !runtime.proxies.iter().any(|proxy| is_it(proxy)) {
                    return Err(Answer::error("Couldn't find the specified frontend!\n"));
                }
                wanted.frontend = Some(value.into_owned());
                at += 1;
            }
            b"-A" => is_expired = true,
            b"-t" => {
                if value.is_empty() {
                    return Err(Answer::error("'-t' requires an offset argument!\n"));
                }
                offset_s = seconds(&value)?;
                at += 1;
            }
            _ => {
                return Err(Answer::error(
                    "Invalid parameters, 'show ssl sni' only supports '-f', '-A' or '-t' options!\n",
                ));
            }
        }
        at += 1;
    }
    wanted.ends_within_s = is_expired.then_some(offset_s);
    Ok(wanted)
}

/// A positive time; without a unit, seconds.
fn seconds(text: &str) -> Result<i64, Answer> {
    let time = parse_duration(text.as_bytes(), TimeUnit::Seconds);
    match time.map(|time| i64::try_from(time.as_secs())) {
        Ok(Ok(seconds)) if seconds > 0 => Ok(seconds),
        Ok(_) => Err(Answer::error("'-t' expects a positive value\n")),
        Err(error) => Err(Answer::error(format!("'-t {text}' : {error}\n"))),
    }
}

fn show(request: &Request<'_>) -> Result<Answer, Answer> {
    let wanted = wanted(request)?;
    let now = i64::try_from(clock::wall().as_secs()).unwrap_or(i64::MAX);
    let mut out = "# Frontend/Bind\tSNI\tNegative Filter\tType\tFilename\tNotAfter\tNotBefore\n".to_owned();
    for row in store(request).sni(wanted.frontend.as_deref()) {
        if wanted.ends_within_s.is_some_and(|offset| now.saturating_add(offset) <= row.not_after_s) {
            continue;
        }
        let excluded = match &row.excluded[..] {
            [] => "-".to_owned(),
            names => names.iter().fold(String::new(), |mut text, name| {
                let _ = write!(text, "!{name} ");
                text
            }),
        };
        let kind = match row.kind {
            KeyKind::Ecdsa => "ecdsa",
            KeyKind::Rsa => "rsa",
            KeyKind::Ed25519 => "ed25519",
        };
        let _ = writeln!(
            out,
            "{}\t{}\t{excluded}\t{kind}\t{}\t{}\t{}",
            row.line, row.name, row.certificate, row.not_after, row.not_before
        );
    }
    Ok(Answer::Dump(out.into_bytes()))
}

/// Providers are OpenSSL's way to load algorithms at run time.
fn providers(_: &mut Request<'_>) -> Answer {
    Answer::error(
        "There are no providers here: the TLS library has its algorithms built in, and loads none.\n",
    )
}
