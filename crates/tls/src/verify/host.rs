//! Whether a server's certificate is for the host that was meant (RFC 6125 section 6.4, as HAProxy does it).

use crate::x509::Cert;

/// Whether one of the certificate's host names, or else one of its common names, is `host`.
#[must_use]
pub fn is_for_host(cert: &Cert<'_>, host: &str) -> bool {
    cert.dns_names().filter(|name| !name.contains('\0')).any(|name| matches(name, host))
        || cert.subject().common_names().any(|name| matches(&name, host))
}

/// Whether `pattern` is `host`, in any case. Its first label may have one `*`, which stands for any part of the host's
/// first label, an empty one included.
fn matches(pattern: &str, host: &str) -> bool {
    if pattern.eq_ignore_ascii_case(host) {
        return true;
    }
    let (Some((label, rest)), Some((host_label, host_rest))) =
        (pattern.split_once('.'), host.split_once('.'))
    else {
        return false;
    };
    let Some((before, after)) = label.split_once('*') else { return false };
    let (host_label, after, before) = (host_label.as_bytes(), after.as_bytes(), before.as_bytes());
    !after.contains(&b'*')
        && rest.eq_ignore_ascii_case(host_rest)
        && host_label.len() >= before.len() + after.len()
        && host_label[..before.len()].eq_ignore_ascii_case(before)
        && host_label[host_label.len() - after.len()..].eq_ignore_ascii_case(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_in_the_first_label_only() {
        assert!(matches("WWW.example.com", "www.Example.com"));
        assert!(matches("*.example.com", "www.example.com"));
        assert!(matches("w*3.example.com", "www3.example.com"));
        assert!(matches("w*.example.com", "w.example.com"));
        for (pattern, host) in [
            ("*.example.com", "example.com"),
            ("*.example.com", "a.b.example.com"),
            ("www.*.com", "www.example.com"),
            ("**.example.com", "www.example.com"),
            ("wx*x.example.com", "wx.example.com"),
            ("*", "localhost"),
            ("www", "www.example.com"),
        ] {
            assert!(!matches(pattern, host), "{pattern} {host}");
        }
    }
}
