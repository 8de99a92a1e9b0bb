//! What lists and the reference tell of proxies' keywords, and of the values that have no rows of their own: algorithms,
//! filters, words of health checks.

use keyword::{Built, Entry};

use super::{filters, rows, rule_lines};

/// All of it.
pub(crate) fn entries() -> impl Iterator<Item = Entry> {
    let keywords = rows::TABLE.iter().map(|row| {
        let kind = if row.name.starts_with("option ") { "option" } else { "proxy" };
        let place = row.sections.to_string();
        Entry { modern: row.modern, ..Entry::of(kind, row).place(place) }
    });
    let algorithms = ALGORITHMS.iter().map(|(name, arguments, built, brief)| {
        Entry::new("balance", *name, brief).arguments(*arguments).built(*built)
    });
    let filters =
        filters::FILTERS.iter().map(|(name, built, brief)| Entry::new("filter", *name, brief).built(*built));
    let checks =
        CHECK_WORDS.iter().map(|(name, built, brief)| Entry::new("check-word", *name, brief).built(*built));
    let quic = rule_lines::QUIC_ACTIONS.iter().map(|name| {
        Entry::new("action", *name, "an action of `quic-initial` rules")
            .place("quic-initial")
            .built(Built::Noted)
    });
    keywords.chain(algorithms).chain(filters).chain(checks).chain(quic)
}

/// Name, arguments, what it does.
static ALGORITHMS: &[(&str, &str, Built, &str)] = &[
    ("roundrobin", "", Built::Working, "in turn, by weight; weights may change at any time"),
    ("static-rr", "", Built::Working, "in turn, by weight; weights stay as they are"),
    ("leastconn", "", Built::Working, "the server with the fewest connections, by weight"),
    ("first", "", Built::Working, "the first server that has room"),
    ("random", "[(draws)]", Built::Working, "the better of some servers drawn by chance"),
    ("source", "", Built::Working, "by a hash of the client's address"),
    ("uri", "[len N] [depth N] [whole] [path-only]", Built::Working, "by a hash of the URI"),
    ("url_param", "name [check_post]", Built::Working, "by a hash of a parameter of the URL"),
    ("hash", "expression", Built::Working, "by a hash of any expression"),
    ("hdr(name)", "[use_domain_only]", Built::Working, "by a hash of a header"),
    ("rdp-cookie", "[(name)]", Built::Working, "by a hash of a remote desktop's cookie"),
    ("log-hash", "converters", Built::Working, "log messages by a hash of their text"),
    ("sticky", "", Built::Working, "log messages to one server as long as it is up"),
];

/// The words behind `http-check` and `tcp-check` rules.
static CHECK_WORDS: &[(&str, Built, &str)] = &[
    ("addr", Built::Working, "connect: another address"),
    ("alpn", Built::Working, "connect: protocols to offer"),
    ("binary", Built::Working, "expect: bytes, in hexadecimal"),
    ("binary-lf", Built::Working, "expect: bytes, in hexadecimal, from a format"),
    ("body", Built::Working, "send: the body"),
    ("body-lf", Built::Working, "send: the body, from a format"),
    ("comment", Built::Working, "a text for messages about the rule"),
    ("custom", Built::Working, "expect: anything at all"),
    ("default", Built::Working, "connect: as the server line says"),
    ("error-status", Built::Working, "expect: what a failure is called"),
    ("fhdr", Built::Working, "expect: a header with its commas"),
    ("hdr", Built::Working, "send: a header; expect: a header's value"),
    ("linger", Built::Working, "connect: closes in the usual way"),
    ("meth", Built::Working, "send: the method"),
    ("min-recv", Built::Working, "expect: how much must be there"),
    ("ok-status", Built::Working, "expect: what success is called"),
    ("on-error", Built::Working, "expect: a text for failures"),
    ("on-success", Built::Working, "expect: a text for success"),
    ("port", Built::Working, "connect: another port"),
    ("proto", Built::Working, "connect: the protocol"),
    ("rbinary", Built::Working, "expect: bytes that an expression matches"),
    ("rstatus", Built::Working, "expect: a status that an expression matches"),
    ("rstring", Built::Working, "expect: text that an expression matches"),
    ("send-proxy", Built::Working, "connect: begins with a PROXY protocol header"),
    ("sni", Built::Working, "connect: the server's name for TLS"),
    ("ssl", Built::Working, "connect: with TLS"),
    ("status", Built::Working, "expect: one of these statuses"),
    ("status-code", Built::Working, "expect: the status that is shown"),
    ("string", Built::Working, "expect: text within the answer"),
    ("string-lf", Built::Working, "expect: text within the answer, from a format"),
    ("tout-status", Built::Working, "expect: what a timeout is called"),
    ("uri", Built::Working, "send: the URI"),
    ("uri-lf", Built::Working, "send: the URI, from a format"),
    ("user", Built::Working, "the user of `option mysql-check` and `option pgsql-check`"),
    ("ver", Built::Working, "send: the version"),
    ("via-socks4", Built::Working, "connect: through the server's SOCKS proxy"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::proxy::{balance, http_check, tcp_check};

    #[test]
    fn algorithms_are_those_that_are_parsed() {
        let told: Vec<_> = ALGORITHMS.iter().map(|(name, ..)| *name).collect();
        assert_eq!(told, balance::ALGORITHMS);
    }

    #[test]
    fn every_word_of_a_check_is_told() {
        for name in http_check::words().chain(tcp_check::words()) {
            assert!(CHECK_WORDS.iter().any(|(known, ..)| *known == name), "{name}");
        }
    }
}
