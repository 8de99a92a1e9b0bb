//! What was found, as lines or as JSON.

use base::civil;
use serde_json::{Value, json};

use super::chain::End;
use super::{Certificate, Found, Key, Problem, Revocations, Serves};

/// `FILE:LINE: text`, or `FILE: text`.
pub(super) fn problem(path: &str, problem: &Problem) -> String {
    match problem.line {
        Some(line) => format!("{path}:{line}: {}\n", problem.text),
        None => format!("{path}: {}\n", problem.text),
    }
}

/// Files one below the other, an empty line between them.
pub(super) fn people(found: &[Found]) -> String {
    let all: Vec<String> = found.iter().map(file).collect();
    all.join("\n")
}

/// An array, one object for each file.
pub(super) fn json(found: &[Found]) -> String {
    let all: Vec<Value> = found.iter().map(file_json).collect();
    format!("{:#}\n", Value::Array(all))
}

/// `2026-11-22T16:14:04Z`.
fn date(seconds: i64) -> String {
    let (year, month, day) = civil::date(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn optional_date(seconds: Option<i64>) -> String {
    seconds.map_or_else(|| "?".to_owned(), date)
}

fn file(found: &Found) -> String {
    let mut text = format!("{}:\n", found.path);
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format!("  {name:<12} {value}\n"));
        }
    };
    for (position, certificate) in found.certificates.iter().enumerate() {
        let is_chain = position > 0 && found.key != Key::None;
        line(if is_chain { "signed by" } else { "certificate" }, &certificate.subject);
        certificate_lines(certificate, &mut line);
    }
    line("private key", key(found));
    line("chain", &found.chain.as_ref().map(chain).unwrap_or_default());
    let own = found.certificates.first();
    line("serves", &found.serves.as_ref().map(|all| serves(all, own)).unwrap_or_default());
    for revocations in &found.revocations {
        line("revocations", &revoked(revocations));
    }
    line("also", &found.others.join(", "));
    for problem in &found.problems {
        line("PROBLEM", &problem.text);
    }
    text
}

fn certificate_lines(certificate: &Certificate, line: &mut impl FnMut(&str, &str)) {
    line("  issuer", &certificate.issuer);
    line("  names", &certificate.names.join(", "));
    line("  for", &certificate.usages.join(", "));
    line("  serial", &certificate.serial);
    let left = match certificate.days_left {
        Some(days) if days < 0 => ", over".to_owned(),
        Some(1) => ", 1 day left".to_owned(),
        Some(days) => format!(", {days} days left"),
        None => String::new(),
    };
    let (from, to) = (optional_date(certificate.not_before), optional_date(certificate.not_after));
    line("  valid", &format!("{from} to {to}{left}"));
    let (algorithm, bits) = (certificate.key_algorithm, certificate.key_bits);
    line("  key", &format!("{algorithm}, {bits} bits; signed with {}", certificate.signature_algorithm));
    line("  SHA-256", &certificate.sha256);
    line("  OCSP", certificate.ocsp_url.as_deref().unwrap_or_default());
}

fn key(found: &Found) -> &'static str {
    match found.key {
        Key::None if found.certificates.is_empty() => "",
        Key::None => "none: it cannot be served",
        Key::Matches => "it is the certificate's",
        Key::Mismatch => "it is not the certificate's",
        Key::Encrypted => "encrypted",
        Key::Unused if found.certificates.is_empty() => "without a certificate",
        Key::Unused => "it cannot be used",
    }
}

fn chain(end: &End) -> String {
    match end {
        End::Root => "complete, its root included".to_owned(),
        End::Known(issuer) => format!("complete up to {issuer}, which this system knows"),
        End::Open(issuer) => format!("up to {issuer}, which clients must know"),
    }
}

fn serves(serves: &Serves, own: Option<&Certificate>) -> String {
    let has = |is_there, what: &str| if is_there { what.to_owned() } else { format!("no {what}") };
    let is_for_others = own.is_some_and(|own| !own.usages.is_empty() && !own.usages.contains(&"server"));
    format!(
        "{} to clients that ask for {}; {}, {}{}",
        serves.kind,
        if serves.names.is_empty() { "no host".to_owned() } else { serves.names.join(", ") },
        has(serves.has_ocsp, "OCSP answer"),
        has(serves.has_timestamps, "certificate timestamps"),
        if is_for_others { "; but clients refuse it: it is not for servers" } else { "" },
    )
}

fn revoked(revocations: &Revocations) -> String {
    let Revocations { issuer, count, this_update, next_update } = revocations;
    let next = optional_date(*next_update);
    format!("{count} by {issuer}, of {}, the next list by {next}", date(*this_update))
}

fn file_json(found: &Found) -> Value {
    let key = match found.key {
        Key::None => "none",
        Key::Matches => "matches",
        Key::Mismatch => "mismatch",
        Key::Encrypted => "encrypted",
        Key::Unused => "unused",
    };
    let chain = found.chain.as_ref().map(|end| match end {
        End::Root => json!({ "complete": true, "root_included": true }),
        End::Known(issuer) => json!({ "complete": true, "root_included": false, "issuer": issuer }),
        End::Open(issuer) => json!({ "complete": false, "root_included": false, "issuer": issuer }),
    });
    let serves = found.serves.as_ref().map(|serves| {
        json!({ "kind": serves.kind, "names": serves.names, "ocsp": serves.has_ocsp, "sct": serves.has_timestamps })
    });
    let problems = found.problems.iter().map(|problem| json!({ "line": problem.line, "text": problem.text }));
    json!({
        "file": found.path,
        "certificates": found.certificates.iter().map(certificate_json).collect::<Vec<_>>(),
        "key": key,
        "chain": chain,
        "serves": serves,
        "revocations": found.revocations.iter().map(revocations_json).collect::<Vec<_>>(),
        "others": found.others,
        "problems": problems.collect::<Vec<_>>(),
    })
}

fn certificate_json(certificate: &Certificate) -> Value {
    json!({
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "names": certificate.names,
        "usages": certificate.usages,
        "serial": certificate.serial,
        "not_before": certificate.not_before.map(date),
        "not_after": certificate.not_after.map(date),
        "days_left": certificate.days_left,
        "key_algorithm": certificate.key_algorithm,
        "key_bits": certificate.key_bits,
        "signature_algorithm": certificate.signature_algorithm,
        "sha1": certificate.sha1,
        "sha256": certificate.sha256,
        "ocsp_url": certificate.ocsp_url,
    })
}

fn revocations_json(revocations: &Revocations) -> Value {
    json!({
        "issuer": revocations.issuer,
        "revoked": revocations.count,
        "this_update": date(revocations.this_update),
        "next_update": revocations.next_update.map(date),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_in_iso_8601() {
        assert_eq!(date(0), "1970-01-01T00:00:00Z");
        assert_eq!(date(1_371_134_755), "2013-06-13T14:45:55Z");
    }

    #[test]
    fn problems_name_file_and_line() {
        let with = |line| Problem { line, text: "bad".to_owned() };
        assert_eq!(problem("a.pem", &with(Some(3))), "a.pem:3: bad\n");
        assert_eq!(problem("a.pem", &with(None)), "a.pem: bad\n");
    }
}
