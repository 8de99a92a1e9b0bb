//! Certificates that end soon, and keys that others can read.

use super::{CertificateFile, Facts, Finding, Needs, Scope, Topic};

const DAY: i64 = 86_400;
/// A certificate should be renewed before it has fewer days left.
const DAYS_MIN: i64 = 30;
/// Permission bits of everybody but the owner and the group.
const OTHERS: u32 = 0o007;

pub(super) fn findings(needs: &Needs, facts: &Facts) -> Vec<Finding> {
    if needs.certificates.is_empty() {
        let what = match needs.scope {
            Scope::General => "no certificates to look at without a configuration (-f)",
            Scope::Configuration => "the configuration names no certificates",
        };
        return vec![Finding::ok(
            Topic::Tls,
            what,
            "those that end soon and keys that others can read would be told",
        )];
    }
    needs.certificates.iter().flat_map(|file| [validity(file, facts), readers(file)]).flatten().collect()
}

fn validity(file: &CertificateFile, facts: &Facts) -> Option<Finding> {
    let left = file.not_after? - facts.now;
    let path = &file.path;
    let what = match (left, left / DAY) {
        (..=0, days) => format!("the certificate of {path} ended {} days ago", -days),
        (_, 1) => format!("the certificate of {path} ends in 1 day"),
        (_, days) => format!("the certificate of {path} ends in {days} days"),
    };
    let why = if left <= 0 { "clients refuse it" } else { "clients refuse it from then on" };
    let help =
        format!("# renew it: no command makes a certificate that others trust; lockgate certs show {path}");
    Some(Finding::judged(left >= DAYS_MIN * DAY, Topic::Tls, &what, why, help))
}

fn readers(file: &CertificateFile) -> Option<Finding> {
    let mode = file.key_mode?;
    let path = &file.path;
    let is_private = mode & OTHERS == 0;
    let what = if is_private {
        format!("{path} cannot be read by everybody")
    } else {
        format!("{path} can be read by everybody (mode {:o})", mode & 0o7777)
    };
    let why = "there is a private key in it";
    Some(Finding::judged(is_private, Topic::Tls, &what, why, format!("chmod o-rwx {}", quoted(path))))
}

/// As a shell takes it for one word.
fn quoted(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@%,:".contains(&byte);
    if path.bytes().all(is_plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{facts, missing};
    use super::*;

    #[test]
    fn ends_and_readers() {
        let now = facts().now;
        let file = |path: &str, days: i64, mode: u32| CertificateFile {
            path: path.to_owned(),
            not_after: Some(now + days * DAY),
            key_mode: Some(mode),
        };
        let needs = |file: CertificateFile| Needs { certificates: vec![file], ..Needs::default() };
        assert_eq!(missing(&findings(&needs(file("a.pem", 90, 0o100_640)), &facts())), [""; 0]);
        assert_eq!(
            missing(&findings(&needs(file("it's.pem", 90, 0o100_644)), &facts())),
            [r"chmod o-rwx 'it'\''s.pem'"]
        );
        let soon = findings(&needs(file("a.pem", 29, 0o600)), &facts());
        assert_eq!(soon[0].what, "the certificate of a.pem ends in 29 days");
        assert!(missing(&soon)[0].starts_with("# renew it"));
        assert_eq!(
            findings(&needs(file("a.pem", -3, 0o600)), &facts())[0].what,
            "the certificate of a.pem ended 3 days ago"
        );
    }
}
