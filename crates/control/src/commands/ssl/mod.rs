//! Commands about certificates, authorities, revocation lists, lists of certificates, ticket keys and OCSP answers
//! (management guide, chapter 9.3). All of them work on [`tls::files::FileStore`] and read no file.
//!
//! ```text
//! new ssl cert a.pem --> set ssl cert a.pem <<PEM --> commit ssl cert a.pem --> add ssl crt-list l a.pem
//!                          ^ may be repeated, for a.pem.key and the like     abort ssl cert a.pem
//! ```

use std::fmt::Write as _;

use tls::files::{Committed, FileStore, Status, Version};
use tls::x509::{Cert, PublicKeyKind};

use crate::access::Severity;
use crate::command::{Answer, Command, Request};

mod cert;
mod crt_list;
mod jwt;
mod named;
mod ocsp;
mod sni;
#[cfg(test)]
mod tests;
mod tls_key;

pub(super) static LISTS: &[&[Command]] =
    &[cert::ROWS, named::ROWS, crt_list::ROWS, jwt::ROWS, sni::ROWS, ocsp::ROWS, tls_key::ROWS];

/// Where the files are.
fn store<'r>(request: &'r Request<'_>) -> &'r FileStore {
    &request.process.shared.config.tls_files
}

/// A message that something was done.
fn notice(text: String) -> Answer {
    Answer::Message(Severity::Notice, text.into_bytes())
}

/// A name behind which a `*` asks for what waits for its commit; a backslash may stand before either.
fn versioned(name: &str) -> (&str, Version) {
    match name.strip_prefix('*') {
        Some(name) => (name.strip_prefix('\\').unwrap_or(name), Version::Pending),
        None => (name.strip_prefix('\\').unwrap_or(name), Version::Current),
    }
}

/// A name and the number behind its colon, which counts from 1.
fn numbered<'n>(name: &'n str, what: &str) -> Result<(&'n str, Option<usize>), Answer> {
    let Some((stem, number)) = name.split_once(':') else { return Ok((name, None)) };
    match number.parse() {
        Ok(number) if number > 0 => Ok((stem, Some(number))),
        Ok(_) | Err(_) => Err(Answer::error(format!("wrong {what} index after colons in '{name}'!\n"))),
    }
}

/// What a commit says while it goes on: a dot for each use that was made anew.
fn committed(name: &str, done: &Committed) -> Answer {
    let mut text = format!("Committing {name}{}\n", ".".repeat(done.remade));
    done.warnings.iter().for_each(|warning| push_line(&mut text, warning));
    text.push_str("Success!\n");
    Answer::Dump(text.into_bytes())
}

/// What a commit says that cannot be carried out.
fn failed(name: &str, why: &str) -> Answer {
    Answer::Dump(format!("Committing {name}\n{why}\nFailed!\n").into_bytes())
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// How a file is used, as it is shown.
fn status(status: Status) -> &'static str {
    match status {
        Status::Empty => "Empty",
        Status::Uncommitted => "Uncommitted",
        Status::ForTokens => "Used for JWT verification",
        Status::Unused => "Unused",
        Status::Used => "Used",
    }
}

/// Appends what a certificate says.
fn push_certificate(out: &mut String, der: &[u8]) {
    let Some(cert) = Cert::parse(der) else { return };
    let oneline =
        |name: tls::x509::Name<'_>| String::from_utf8_lossy(&name.oneline().unwrap_or_default()).into_owned();
    let names: Vec<String> = cert.dns_names().map(|name| format!("DNS:{name}")).collect();
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "Serial: {}\nnotBefore: {}\nnotAfter: {}\nSubject Alternative Name: {}\nAlgorithm: {}\n\
         SHA1 FingerPrint: {}\nSubject: {}\nIssuer: {}\n",
        hex(&cert.serial()),
        cert.not_before().long().unwrap_or_default(),
        cert.not_after().long().unwrap_or_default(),
        names.join(", "),
        algorithm(&cert),
        hex(&cert.sha1()),
        oneline(cert.subject()),
        oneline(cert.issuer())
    );
}

/// The kind of a key and its size.
fn algorithm(cert: &Cert<'_>) -> String {
    let kind = match cert.public_key().kind() {
        PublicKeyKind::Rsa | PublicKeyKind::RsaPss => "RSA",
        PublicKeyKind::Ec(_) => "EC",
        PublicKeyKind::Dsa | PublicKeyKind::Ed25519 | PublicKeyKind::Ed448 | PublicKeyKind::Other => {
            cert.key_algorithm()
        }
    };
    format!("{kind}{}", cert.key_bits())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}
