//! The form of a request target, and whether it agrees with the Host field (RFC 9112 sections 3.2 and 3.3, RFC 3986
//! section 6.2.3).
//!
//! An authority in the target must name the host that the Host field names, because rules look at one and servers
//! may look at the other. Default ports may be left out on either side, and are taken away from both.

use super::error::{ErrorKind, ParseError};
use super::{FramingPolicy, Leniency};
use crate::chars::has_forbidden_in_authority;
use crate::message::{Head, Known, Method};
use crate::uri::{self, UserInfo};

/// Checks the target against method and Host, and removes default ports from an absolute target and its Host.
///
/// At most one Host field is left when this is called.
pub(super) fn check_target(head: &mut Head, policy: FramingPolicy) -> Result<(), ParseError> {
    match head.uri().first() {
        // What nearly every request has; only CONNECT may not.
        Some(b'/') if head.method_kind() != Method::Connect => Ok(()),
        None | Some(b'/') => Err(refused(head, ErrorKind::Target)),
        Some(b'*') => check_asterisk(head),
        Some(_) => check_authority(head, policy.leniency),
    }
}

fn refused(head: &Head, kind: ErrorKind) -> ParseError {
    ParseError::new(kind, head.uri_slice().start())
}

/// `*` is for OPTIONS, and for methods that are not known (`PRI` is one).
fn check_asterisk(head: &Head) -> Result<(), ParseError> {
    let allowed = matches!(head.method_kind(), Method::Options | Method::Other | Method::Patch);
    if allowed && head.uri().len() == 1 { Ok(()) } else { Err(refused(head, ErrorKind::Target)) }
}

fn check_authority(head: &mut Head, leniency: Leniency) -> Result<(), ParseError> {
    let authority = head.authority().unwrap_or_default();
    if has_forbidden_in_authority(authority) && leniency == Leniency::Strict {
        return Err(refused(head, ErrorKind::Target));
    }
    let is_connect = head.method_kind() == Method::Connect;
    match head.scheme().is_some() {
        false if is_connect => check_connect(head, leniency),
        true if !is_connect => {
            check_absolute(head, leniency)?;
            normalize(head);
            Ok(())
        }
        _ => Err(refused(head, ErrorKind::Target)),
    }
}

fn forgive(result: Result<(), ParseError>, leniency: Leniency) -> Result<(), ParseError> {
    if leniency == Leniency::AcceptUnsafe { Ok(()) } else { result }
}

/// CONNECT: the authority needs a port, and Host names the same host and port. A default port is taken off Host.
fn check_connect(head: &mut Head, leniency: Leniency) -> Result<(), ParseError> {
    let authority = head.authority().unwrap_or_default();
    let port = uri::host_port(authority).unwrap_or_default();
    if port.is_empty() {
        return forgive(Err(refused(head, ErrorKind::Target)), leniency);
    }
    let Some(i) = head.fields.position_known(Known::Host, 0) else { return Ok(()) };
    let value = head.fields.value(i);
    let (name, host) = (uri::host_without_port(authority), uri::host_without_port(value));
    let host_port = uri::host_port(value).unwrap_or_default();
    let same_host = host.eq_ignore_ascii_case(name);
    let default = uri::is_default_port(None, port);
    let agrees = if host_port.is_empty() { default } else { host_port == port };
    if !(same_host && agrees) {
        let at = head.fields.value_slice(i).start();
        return forgive(Err(ParseError::new(ErrorKind::HostMismatch, at)), leniency);
    }
    let host_len = host.len();
    if default && !host_port.is_empty() {
        head.fields.narrow_value_at(i, 0..host_len);
    }
    Ok(())
}

/// An absolute target: its authority is the Host value, but for a default port on one side.
fn check_absolute(head: &Head, leniency: Leniency) -> Result<(), ParseError> {
    let Some(i) = head.fields.position_known(Known::Host, 0) else { return Ok(()) };
    let (authority, host) = (head.authority().unwrap_or_default(), head.fields.value(i));
    if authority.eq_ignore_ascii_case(host) || differ_in_default_port(head.scheme(), authority, host) {
        return Ok(());
    }
    let at = head.fields.value_slice(i).start();
    forgive(Err(ParseError::new(ErrorKind::HostMismatch, at)), leniency)
}

fn differ_in_default_port(scheme: Option<&[u8]>, authority: &[u8], host: &[u8]) -> bool {
    let ports = [uri::host_port(authority), uri::host_port(host)];
    ports.iter().any(Option::is_some)
        && ports.iter().flatten().all(|port| uri::is_default_port(scheme, port))
        && uri::host_without_port(authority).eq_ignore_ascii_case(uri::host_without_port(host))
}

/// Removes the default port of the scheme from target and Host, and gives a target without path the path `/`
/// (not for OPTIONS, where it would change the meaning).
pub(crate) fn normalize(head: &mut Head) {
    let uri = head.uri();
    let Some(range) = uri::authority_range(uri, UserInfo::Skip) else { return };
    let authority = uri.get(range.clone()).unwrap_or_default();
    let has_default_port =
        uri::host_port(authority).is_some_and(|port| uri::is_default_port(head.scheme(), port));
    let host_len = if has_default_port { uri::host_without_port(authority).len() } else { authority.len() };
    let lacks_path = head.path_and_query().is_none() && head.method_kind() != Method::Options;
    if !has_default_port && !lacks_path {
        return;
    }
    let path: &[u8] = if lacks_path { b"/" } else { b"" };
    head.splice_uri(range.start + host_len, range.end, &[path]);
    let host: smallvec::SmallVec<[u8; 128]> =
        head.uri().get(range.start..range.start + host_len).unwrap_or_default().into();
    head.replace_hosts(&host);
    head.renew_original();
}
