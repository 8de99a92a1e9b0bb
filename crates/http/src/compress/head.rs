//! What heads say against compression, and what they say of it (RFC 9110 sections 8.4, 8.8.3 and 12.5.5; RFC 9111 section
//! 5.2.2.6).

use super::Algorithm;
use crate::lists;
use crate::message::{Fields, Head, Known};

/// Whether nothing in the head of a request forbids that its body is compressed.
#[must_use]
pub fn suits_request(head: &Head) -> bool {
    head.version().is_11_or_above() && is_uncoded(&head.fields)
}

/// Whether nothing in the head of a response forbids that its body is compressed: the status is 200 to 203, the content
/// has no coding, no parts and no ban on changes, and its `ETag`, if there is one, can be made a weak one.
#[must_use]
pub fn suits_response(head: &Head) -> bool {
    let fields = &head.fields;
    head.version().is_11_or_above()
        && (200..=203).contains(&head.status())
        && is_uncoded(fields)
        && has_good_etag(fields)
        && !lists::all(fields, b"cache-control").any(|one| one.eq_ignore_ascii_case(b"no-transform"))
        && !fields.get_known(Known::ContentType).is_some_and(|value| begins(value, b"multipart"))
}

/// Whether the content is of one of `types`, which may be cut short. With none given, all are meant; otherwise content
/// without a type is of none.
#[must_use]
pub fn is_type(fields: &Fields, types: &[Box<[u8]>]) -> bool {
    if types.is_empty() {
        return true;
    }
    let value = fields.get_known(Known::ContentType);
    value.is_some_and(|value| types.iter().any(|prefix| begins(value, prefix)))
}

/// Edits the head of a message whose body is compressed from now on and comes in chunks: another version of the content,
/// which caches are told of.
pub fn announce(head: &mut Head, algorithm: Algorithm) {
    let fields = &mut head.fields;
    if fields.get_known(Known::TransferEncoding).is_none() {
        fields.push(b"Transfer-Encoding", b"chunked");
    }
    fields.remove_known(Known::ContentLength);
    weaken_etag(fields);
    vary(fields);
    if algorithm != Algorithm::Identity {
        fields.push(b"Content-Encoding", algorithm.token().as_bytes());
    }
}

fn begins(value: &[u8], prefix: &[u8]) -> bool {
    value.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Whether the body is what its type says, under no coding but chunks.
fn is_uncoded(fields: &Fields) -> bool {
    fields.get_known(Known::ContentEncoding).is_none()
        && !lists::all(fields, b"transfer-encoding").any(|coding| !coding.eq_ignore_ascii_case(b"chunked"))
}

/// Whether there is one entity tag at most, and that is well formed.
fn has_good_etag(fields: &Fields) -> bool {
    let mut tags = fields.all(b"etag");
    match (tags.next(), tags.next()) {
        (None, _) => true,
        (Some(tag), None) => {
            let opaque = tag.strip_prefix(b"W/").unwrap_or(tag);
            opaque.len() >= 2 && opaque.starts_with(b"\"") && opaque.ends_with(b"\"")
        }
        (Some(_), Some(_)) => false,
    }
}

fn weaken_etag(fields: &mut Fields) {
    let Some(i) = fields.position_known(Known::Etag, 0) else { return };
    if fields.value(i).starts_with(b"\"") {
        let weak = [b"W/", fields.value(i)].concat();
        fields.replace_value_at(i, &weak);
    }
}

/// Adds `Accept-Encoding` to what the response depends on, at the end of the last `Vary` field.
fn vary(fields: &mut Fields) {
    const NAME: &[u8] = b"Accept-Encoding";
    if lists::all(fields, b"vary").any(|one| one.eq_ignore_ascii_case(NAME)) {
        return;
    }
    let mut last = None;
    while let Some(i) = fields.position_known(Known::Vary, last.map_or(0, |i| i + 1)) {
        last = Some(i);
    }
    match last {
        None => fields.push(b"Vary", NAME),
        Some(i) if fields.value(i).is_empty() => fields.replace_value_at(i, NAME),
        Some(i) => {
            let longer = [fields.value(i), b",", NAME].concat();
            fields.replace_value_at(i, &longer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Version;

    fn response(status: u16, fields: &[(&str, &str)]) -> Head {
        let mut head = Head::new();
        head.start_response(Version::Http11, status, None);
        fields.iter().for_each(|(name, value)| head.fields.push(name.as_bytes(), value.as_bytes()));
        head
    }

    #[test]
    fn what_forbids_it() {
        let plain = ("Content-Type", "text/plain");
        assert!(suits_response(&response(200, &[plain])));
        for status in [199, 204, 206, 301, 304, 404, 500] {
            assert!(!suits_response(&response(status, &[plain])), "{status}");
        }
        for (name, value) in [
            ("Content-Encoding", "br"),
            ("Cache-Control", "public, No-Transform"),
            ("Content-Type", "Multipart/mixed; boundary=x"),
            ("Transfer-Encoding", "gzip, chunked"),
            ("ETag", "\"invalid"),
            ("ETag", "invalid\""),
            ("ETag", "W/invalid"),
            ("ETag", "\""),
        ] {
            assert!(!suits_response(&response(200, &[(name, value)])), "{name}: {value}");
        }
        assert!(!suits_response(&response(200, &[("ETag", "\"1\""), ("ETag", "\"1\"")])));
        let mut old = response(200, &[plain]);
        old.set_version(Version::Http10);
        assert!(!suits_response(&old));
    }

    #[test]
    fn types() {
        let types = [Box::from(&b"text/"[..]), Box::from(&b"application/json"[..])];
        let of = |value| is_type(&response(200, &[("content-type", value)]).fields, &types);
        assert!(of("TEXT/Html; charset=utf-8") && of("application/json"));
        assert!(!of("application/jso") && !of("image/png"));
        assert!(!is_type(&Fields::new(), &types) && is_type(&Fields::new(), &[]));
    }

    #[test]
    fn what_is_announced() {
        let written = |fields: &[(&str, &str)]| {
            let mut head = response(200, fields);
            announce(&mut head, Algorithm::Gzip);
            let mut out = Vec::new();
            head.fields.write_to(&mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            written(&[("Content-Length", "5"), ("ETag", "\"1\"")]),
            "ETag: W/\"1\"\r\nTransfer-Encoding: chunked\r\nVary: Accept-Encoding\r\nContent-Encoding: gzip\r\n"
        );
        assert_eq!(
            written(&[("Transfer-Encoding", "chunked"), ("Vary", "A"), ("Vary", "B"), ("ETag", "W/\"1\"")]),
            "Transfer-Encoding: chunked\r\nVary: A\r\nVary: B,Accept-Encoding\r\nETag: W/\"1\"\r\n\
             Content-Encoding: gzip\r\n"
        );
        assert!(written(&[("Vary", "")]).starts_with("Vary: Accept-Encoding\r\n"));
        assert!(written(&[("Vary", "x, accept-encoding")]).starts_with("Vary: x, accept-encoding\r\n"));
        assert!(
            written(&[("Vary", "x, accept-encoding")]).ends_with("chunked\r\nContent-Encoding: gzip\r\n")
        );
    }
}
