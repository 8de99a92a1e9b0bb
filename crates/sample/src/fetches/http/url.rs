//! `url`, `url_ip`, `url_port`: the request's URI and, where it names one, its host.

use http::message::Head;

use super::{REQUEST, with_head};
use crate::fetches::prelude::*;

pub(super) static ROWS: &[&Fetch] = &[
    &of_subject(
        row(
            "url",
            Type::Str,
            Needs::REQUEST,
            |txn, _, _| with_head(txn, REQUEST, |head| Value::str(head.uri()).into()),
            doc(
                "the request's URI as it stands in the request line",
                &[example("url", "GET /a?b HTTP/1.1", "/a?b")],
            ),
        ),
        Subject::Url,
    ),
    &row(
        "url_ip",
        Type::Addr,
        Needs::REQUEST,
        |txn, _, _| with_head(txn, REQUEST, |head| address(head).map(Value::ip).into()),
        doc(
            "address in the host part of an absolute URI",
            &[example("url_ip", "GET http://192.0.2.3:81/ HTTP/1.1", "192.0.2.3")],
        ),
    ),
    &row(
        "url_port",
        Type::Int,
        Needs::REQUEST,
        |txn, _, _| with_head(txn, REQUEST, |head| port(head).map(Value::Int).into()),
        Doc {
            brief: "port in the host part of an absolute URI",
            long: "Without one, that of the scheme: 443 for https, 80 for others.",
            examples: &[
                example("url_port", "GET http://192.0.2.3:81/ HTTP/1.1", "81"),
                example("url_port", "GET https://192.0.2.3/ HTTP/1.1", "443"),
            ],
        },
    ),
];

fn address(head: &Head) -> Option<std::net::IpAddr> {
    let host = http::uri::host_without_port(head.authority()?);
    let bare = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host);
    std::str::from_utf8(bare).ok()?.parse().ok()
}

fn port(head: &Head) -> Option<i64> {
    match http::uri::host_port(head.authority()?) {
        None | Some(b"") => {
            let is_tls = head.scheme().is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"https"));
            Some(if is_tls { 443 } else { 80 })
        }
        Some(digits) => {
            ::base::bytes::parse_decimal(digits).and_then(|port| u16::try_from(port).ok()).map(i64::from)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fetches::tests::{eval, exchange};

    #[test]
    fn hosts_of_every_form() {
        for (line, ip, port) in [
            ("GET / HTTP/1.1", None, None),
            ("GET http://name/ HTTP/1.1", None, Some("80")),
            ("GET http://[::1]:8080/ HTTP/1.1", Some("::1"), Some("8080")),
            ("CONNECT 10.1.1.1:25 HTTP/1.1", Some("10.1.1.1"), Some("25")),
            ("GET http://10.1.1.1:99999/ HTTP/1.1", Some("10.1.1.1"), None),
        ] {
            let txn = exchange(line);
            assert_eq!(
                (eval("url_ip", &txn).as_deref(), eval("url_port", &txn).as_deref()),
                (ip, port),
                "{line}"
            );
        }
    }
}
