//! Name constraints: which names the certificates below an authority may have (RFC 5280 section 4.2.1.10).

use super::VerifyCode;
use super::member::Member;
use super::policy::{Run, Stop};
use crate::x509::der::{self, Reader};
use crate::x509::{Canonical, GeneralName, Name};

/// pkcs9 emailAddress.
const EMAIL_ADDRESS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
/// More comparisons than this are not made for one certificate and one authority, as OpenSSL does not.
const COMPARISONS_MAX: usize = 1 << 20;

impl Run<'_> {
    /// Checks every name of the chain against the constraints of all authorities above it.
    pub(super) fn check_name_constraints(&mut self) -> Result<(), Stop> {
        if self.chain.iter().all(|member| member.name_constraints.is_none()) {
            return Ok(());
        }
        for depth in (0..self.chain.len()).rev() {
            if depth > 0 && self.chain[depth].is_self_issued {
                continue;
            }
            for above in (depth + 1..self.chain.len()).rev() {
                let Some(constraints) = self.chain[above].name_constraints else { continue };
                let member = &self.chain[depth];
                let checked = check(member, constraints).and_then(|()| match depth {
                    0 => check_common_names(member, constraints),
                    _ => Ok(()),
                });
                if let Err(code) = checked {
                    self.fail(depth, code)?;
                }
            }
        }
        Ok(())
    }
}

/// The permitted and the excluded subtrees.
struct Subtrees<'a> {
    permitted: Reader<'a>,
    excluded: Reader<'a>,
}

impl<'a> Subtrees<'a> {
    fn read(constraints: &'a [u8]) -> Option<Subtrees<'a>> {
        let mut parts = Reader::new(constraints);
        let permitted = Reader::new(parts.optional(der::constructed(0))?.unwrap_or(&[]));
        let excluded = Reader::new(parts.optional(der::constructed(1))?.unwrap_or(&[]));
        parts.is_empty().then_some(Subtrees { permitted, excluded })
    }

    /// Whether a name of one kind is within what is permitted for that kind, and not within what is excluded.
    fn check(&self, name: &GeneralName<'_>) -> Result<(), VerifyCode> {
        let (mut is_limited, mut is_permitted) = (false, false);
        for base in self.permitted.each() {
            let Some(base) = read_base(base, name)? else { continue };
            is_limited = true;
            is_permitted = is_permitted || is_within(name, &base)?;
        }
        if is_limited && !is_permitted {
            return Err(VerifyCode::PERMITTED_VIOLATION);
        }
        for base in self.excluded.each() {
            let Some(base) = read_base(base, name)? else { continue };
            if is_within(name, &base)? {
                return Err(VerifyCode::EXCLUDED_VIOLATION);
            }
        }
        Ok(())
    }
}

/// The base of a subtree if it is of the kind of `name`; it must not have a minimum or maximum.
fn read_base<'a>(
    subtree: der::Tlv<'a>,
    name: &GeneralName<'_>,
) -> Result<Option<GeneralName<'a>>, VerifyCode> {
    let mut parts = subtree.parts();
    let base = parts.next().and_then(GeneralName::new).ok_or(VerifyCode::UNSUPPORTED_CONSTRAINT_SYNTAX)?;
    if std::mem::discriminant(&base) != std::mem::discriminant(name) {
        return Ok(None);
    }
    let minimum = parts.optional(der::context(0)).ok_or(VerifyCode::SUBTREE_MINMAX)?;
    if minimum.is_some_and(|minimum| minimum != [0]) || !parts.is_empty() {
        return Err(VerifyCode::SUBTREE_MINMAX);
    }
    Ok(Some(base))
}

/// Whether all names of a certificate keep to the constraints.
fn check(member: &Member<'_>, constraints: &[u8]) -> Result<(), VerifyCode> {
    let subtrees = Subtrees::read(constraints).ok_or(VerifyCode::UNSUPPORTED_CONSTRAINT_SYNTAX)?;
    let bases = subtrees.permitted.each().count() + subtrees.excluded.each().count();
    let names = member.cert.subject_alt_names().count() + member.cert.subject().components().count();
    if names.saturating_mul(bases) > COMPARISONS_MAX {
        return Err(VerifyCode::UNSPECIFIED);
    }
    let subject = member.cert.subject();
    if !subject.is_empty() {
        subtrees.check(&GeneralName::Directory(subject))?;
    }
    for component in subject.components().filter(|component| component.oid == EMAIL_ADDRESS) {
        if component.tag != der::IA5_STRING {
            return Err(VerifyCode::UNSUPPORTED_NAME_SYNTAX);
        }
        subtrees.check(&GeneralName::Email(component.value))?;
    }
    member.cert.subject_alt_names().try_for_each(|name| subtrees.check(&name))
}

/// Common names that look like host names keep to the constraints as well, if there are no host names besides.
fn check_common_names(member: &Member<'_>, constraints: &[u8]) -> Result<(), VerifyCode> {
    let has_hosts = member.cert.subject_alt_names().any(|name| matches!(name, GeneralName::Dns(_)));
    let subtrees = Subtrees::read(constraints).filter(|_| !has_hosts);
    let Some(subtrees) = subtrees else { return Ok(()) };
    let names = member.cert.subject().common_names().filter(|name| is_host_name(name));
    names.into_iter().try_for_each(|name| subtrees.check(&GeneralName::Dns(name.as_bytes())))
}

/// Whether a common name looks like a host name of two labels or more.
fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    name.contains('.') && name.split('.').all(is_label)
}

/// Whether `name` lies within the subtree of `base`, both being of one kind.
fn is_within(name: &GeneralName<'_>, base: &GeneralName<'_>) -> Result<bool, VerifyCode> {
    match (name, base) {
        (GeneralName::Directory(name), GeneralName::Directory(base)) => Ok(is_below(*name, *base)),
        (GeneralName::Dns(name), GeneralName::Dns(base)) => Ok(is_host_within(name, base)),
        (GeneralName::Email(name), GeneralName::Email(base)) => is_email_within(name, base),
        (GeneralName::Uri(name), GeneralName::Uri(base)) => is_uri_within(name, base),
        (GeneralName::Ip(name), GeneralName::Ip(base)) => is_ip_within(name, base),
        _ => Err(VerifyCode::UNSUPPORTED_CONSTRAINT_TYPE),
    }
}

/// Whether `name` begins with the components of `base`.
fn is_below(name: Name<'_>, base: Name<'_>) -> bool {
    let (name, base): (Canonical, Canonical) = (name.canonical(), base.canonical());
    name.starts_with(&base)
}

/// `name` ends with `end`, in any case.
fn ends_with(name: &[u8], end: &[u8]) -> bool {
    name.len().checked_sub(end.len()).is_some_and(|at| name[at..].eq_ignore_ascii_case(end))
}

/// Host names: the base itself and what is to the left of it.
fn is_host_within(name: &[u8], base: &[u8]) -> bool {
    let is_whole = base.first() == Some(&b'.')
        || name.len() <= base.len()
        || name.len().checked_sub(base.len() + 1).is_some_and(|at| name[at] == b'.');
    base.is_empty() || (is_whole && ends_with(name, base))
}

/// Mail addresses: `user@host`, `host`, or `.domain`.
fn is_email_within(name: &[u8], base: &[u8]) -> Result<bool, VerifyCode> {
    let at = name.iter().rposition(|&byte| byte == b'@').ok_or(VerifyCode::UNSUPPORTED_NAME_SYNTAX)?;
    let (user, host) = (&name[..at], &name[at + 1..]);
    match base.iter().rposition(|&byte| byte == b'@') {
        None if base.first() == Some(&b'.') => Ok(name.len() > base.len() && ends_with(name, base)),
        None => Ok(host.eq_ignore_ascii_case(base)),
        Some(at) => Ok((at == 0 || user == &base[..at]) && host.eq_ignore_ascii_case(&base[at + 1..])),
    }
}

/// URIs by their host: `host` or `.domain`.
fn is_uri_within(name: &[u8], base: &[u8]) -> Result<bool, VerifyCode> {
    let colon = name.iter().position(|&byte| byte == b':').ok_or(VerifyCode::UNSUPPORTED_NAME_SYNTAX)?;
    let rest = name[colon + 1..].strip_prefix(b"//").ok_or(VerifyCode::UNSUPPORTED_NAME_SYNTAX)?;
    let length = rest.iter().position(|byte| matches!(byte, b':' | b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let host = &rest[..length];
    if host.is_empty() {
        return Err(VerifyCode::UNSUPPORTED_NAME_SYNTAX);
    }
    if base.first() == Some(&b'.') {
        return Ok(host.len() > base.len() && ends_with(host, base));
    }
    Ok(host.eq_ignore_ascii_case(base))
}

/// Addresses: base and mask.
fn is_ip_within(name: &[u8], base: &[u8]) -> Result<bool, VerifyCode> {
    if !matches!(name.len(), 4 | 16) {
        return Err(VerifyCode::UNSUPPORTED_NAME_SYNTAX);
    }
    if !matches!(base.len(), 8 | 32) {
        return Err(VerifyCode::UNSUPPORTED_CONSTRAINT_SYNTAX);
    }
    let (network, mask) = base.split_at(base.len() / 2);
    let bytes = name.iter().zip(network).zip(mask);
    Ok(name.len() == network.len() && bytes.into_iter().all(|((a, b), mask)| (a ^ b) & mask == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_addresses_and_mails_are_compared_by_their_rules() {
        assert!(
            is_host_within(b"www.Example.com", b"example.com")
                && is_host_within(b"example.com", b"example.com")
        );
        assert!(!is_host_within(b"badexample.com", b"example.com") && is_host_within(b"x", b""));
        assert!(is_host_within(b"a.example.com", b".example.com") && !is_host_within(b"com", b"example.com"));
        assert_eq!(is_email_within(b"a@x.org", b"x.org"), Ok(true));
        assert_eq!(is_email_within(b"a@x.org", b"b@x.org"), Ok(false));
        assert_eq!(is_email_within(b"a@m.x.org", b".x.org"), Ok(true));
        assert_eq!(is_email_within(b"a", b".x.org"), Err(VerifyCode::UNSUPPORTED_NAME_SYNTAX));
        assert_eq!(is_uri_within(b"http://h.x.org:80/p", b".x.org"), Ok(true));
        assert_eq!(is_uri_within(b"http://h.x.org/", b"x.org"), Ok(false));
        assert_eq!(is_uri_within(b"mailto:a", b"x.org"), Err(VerifyCode::UNSUPPORTED_NAME_SYNTAX));
        assert_eq!(is_ip_within(&[10, 1, 2, 3], &[10, 1, 0, 0, 255, 255, 0, 0]), Ok(true));
        assert_eq!(is_ip_within(&[10, 2, 2, 3], &[10, 1, 0, 0, 255, 255, 0, 0]), Ok(false));
        assert_eq!(is_ip_within(&[10], &[]), Err(VerifyCode::UNSUPPORTED_NAME_SYNTAX));
    }

    #[test]
    fn what_looks_like_a_host_name() {
        assert!(is_host_name("www.example.com") && is_host_name("a_b.c"));
        assert!(!is_host_name("Example Ltd.") && !is_host_name("example") && !is_host_name("-a.com"));
    }
}
