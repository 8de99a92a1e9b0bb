//! The keywords of the sections that have no rows of functions: what each wants behind it, and what it is. Of those that
//! other files parse, only names and documentation stand here.

use keyword::{Built, Sections};

/// What a keyword wants behind it.
#[derive(Clone, Copy)]
pub(crate) enum Wants {
    /// Anything.
    Anything,
    /// At least so many words.
    Words(usize),
    /// A name and an address.
    Address,
    /// One of these, and a value.
    OneOf(&'static [&'static str]),
}

use Wants::{Address, Anything, OneOf, Words};

impl Wants {
    /// As the reference shows it.
    pub(crate) fn shown(self) -> String {
        match self {
            Anything => String::new(),
            Words(_) => "value...".to_owned(),
            Address => "name address".to_owned(),
            OneOf(values) => format!("{} value", values.join("|")),
        }
    }
}

/// A keyword of a section.
#[derive(Clone, Copy)]
pub(crate) struct SectionWord {
    /// The keyword.
    pub(crate) name: &'static str,
    /// What stands behind it.
    pub(crate) wants: Wants,
    /// What it does.
    pub(crate) brief: &'static str,
}

const fn word(name: &'static str, wants: Wants, brief: &'static str) -> SectionWord {
    SectionWord { name, wants, brief }
}

/// Sections that are understood and checked, but not carried out yet.
pub(crate) static CHECKED: &[(Sections, &[SectionWord])] = &[
    (
        Sections::PEERS,
        &[
            word("bind", Words(1), "where peers connect to"),
            word("default-bind", Anything, "words for its `bind` line"),
            word("default-server", Anything, "words for its servers"),
            word("disabled", Anything, "the section is not used"),
            word("enabled", Anything, "takes `disabled` back"),
            word("log", Words(1), "where events of peers are logged"),
            word("peer", Words(1), "a peer, by its name and address"),
            word("server", Words(1), "a peer, with the words of a server line"),
            word("shards", Words(1), "into how many parts keys are divided among peers"),
            word("stick-table", Words(1), "words of a stick table"),
            word("table", Words(1), "a stick table that peers share"),
        ],
    ),
    (
        Sections::MAILERS,
        &[
            word("mailer", Address, "a mail server, by its name and address"),
            word("timeout", OneOf(&["mail"]), "how long sending a mail may take"),
        ],
    ),
    (
        Sections::CACHE,
        &[
            word("total-max-size", Words(1), "how much the cache holds, megabytes"),
            word("max-object-size", Words(1), "the largest response that is kept, bytes"),
            word("max-age", Words(1), "how long a response is kept at most, seconds"),
            word("process-vary", Words(1), "whether responses with `Vary` are kept"),
            word("max-secondary-entries", Words(1), "how many variants of a response are kept"),
            word("early-hints", Words(1), "whether hints of the cache answer early"),
        ],
    ),
    (
        Sections::FCGI_APP,
        &[
            word("acl", Words(2), "a named test for its rules"),
            word("docroot", Words(1), "the root of scripts on the servers"),
            word("index", Words(1), "the script of a path that ends with a slash"),
            word("log-stderr", Words(1), "where messages of scripts are logged"),
            word("pass-header", Words(1), "a header that scripts see all the same"),
            word("path-info", Words(1), "an expression that cuts the path into script and rest"),
            word(
                "option",
                OneOf(&["get-values", "keep-conn", "max-reqs", "mpxs-conns"]),
                "how connections are used",
            ),
            word("no", Words(2), "takes an option back"),
            word("set-param", Words(2), "a parameter for scripts"),
            word("unset-param", Words(1), "a parameter that scripts do not get"),
            word("hide-header", Words(1), "a header that scripts do not see"),
            word("filter", Words(1), "something that looks at what passes"),
        ],
    ),
    (
        Sections::PROGRAM,
        &[
            word("command", Words(1), "what is run"),
            word("user", Words(1), "the user that it runs as"),
            word("group", Words(1), "the group that it runs as"),
            word("option", OneOf(&["start-on-reload"]), "whether a reload starts it again"),
            word("no", Words(2), "takes the option back"),
        ],
    ),
    (Sections::TRACES, &[word("trace", Words(1), "a source of traces and what becomes of them")]),
    (
        Sections::ACME,
        &[
            word("account-key", Words(1), "the file of the account's key"),
            word("acme-vars", Words(1), "variables for who carries the challenge out"),
            word("bits", Words(1), "the size of RSA keys"),
            word("challenge", Words(1), "how it is proved that a name is ours"),
            word("challenge-ready", Words(1), "when a challenge can be looked at"),
            word("contact", Words(1), "the address of the account"),
            word("curves", Words(1), "the curve of ECDSA keys"),
            word("directory", Words(1), "the URL of the issuer"),
            word("dns-delay", Words(1), "how long to wait for a DNS entry"),
            word("dns-timeout", Words(1), "how long to wait at most"),
            word("eab-key-id", Words(1), "the account's number with the issuer"),
            word("eab-mac-alg", Words(1), "how that is signed"),
            word("eab-mac-key", Words(1), "the key that signs it"),
            word("keytype", Words(1), "`RSA` or `ECDSA`"),
            word("map", Words(1), "the map that challenges are put into"),
            word("profile", Words(1), "the kind of certificate"),
            word("provider-name", Words(1), "the DNS provider"),
            word("reuse-key", Words(1), "whether a new certificate keeps the old key"),
        ],
    ),
    (Sections::NAMESPACE_LIST, &[word("namespace", Words(1), "a network namespace")]),
];

/// Sections that other files parse.
pub(crate) static PARSED: &[(Sections, &[(&str, &str)])] = &[
    (
        Sections::USERLIST,
        &[("group", "a group and its users"), ("user", "a user, the password and the groups")],
    ),
    (
        Sections::RING,
        &[
            ("backing-file", "the file that keeps the ring's content"),
            ("description", "a text for lists"),
            ("format", "the form of lines"),
            ("maxlen", "the longest line"),
            ("server", "a server that gets the lines"),
            ("size", "how much the ring holds"),
            ("timeout connect", "how long connecting to its server may take"),
            ("timeout server", "how long its server may be silent"),
        ],
    ),
    (Sections::HTTP_ERRORS, &[("errorfile", "the file that answers with a status")]),
    (
        Sections::RESOLVERS,
        &[
            ("accepted_payload_size", "the longest answer that is taken, bytes"),
            ("nameserver", "a name server, by its name and address"),
            ("parse-resolv-conf", "the name servers of /etc/resolv.conf"),
            ("hold nx", "how long the last answer is kept when there is no such name any more"),
            ("hold obsolete", "how long a record is kept that answers do not have any more"),
            ("hold other", "how long the last answer is kept after other errors"),
            ("hold refused", "how long the last answer is kept when name servers refuse"),
            ("hold timeout", "how long the last answer is kept when name servers do not answer"),
            ("hold valid", "how long an answer serves requests that ask for the same name"),
            ("resolve_retries", "how often a question is asked"),
            ("timeout resolve", "how long from an answer to the next question"),
            ("timeout retry", "how long a question waits for its answer"),
        ],
    ),
    (
        Sections::LOG_FORWARD,
        &[
            ("backlog", "how many connections may wait to be accepted"),
            ("bind", "where streams of logs come in"),
            ("dgram-bind", "where datagrams of logs come in"),
            ("log", "where they go"),
            ("maxconn", "how many connections there may be"),
            ("option assume-rfc6587-ntf", "messages on streams end with a line feed"),
            ("option dont-parse-log", "messages are passed on as they are"),
            ("option host", "which host name messages get"),
            ("timeout client", "how long a sender may be silent"),
        ],
    ),
    (
        Sections::HEALTHCHECK,
        &[
            ("http-check", "a step of an HTTP check"),
            ("tcp-check", "a step of a TCP check"),
            ("type", "the kind of check"),
        ],
    ),
    (
        Sections::LOG_PROFILE,
        &[("log-tag", "the tag of its lines"), ("on", "what becomes of lines that are written at a step")],
    ),
    (
        Sections::CRT_STORE,
        &[
            ("crt-base", "where relative certificates are"),
            ("key-base", "where relative keys are"),
            ("load", "a certificate, its files and its name"),
        ],
    ),
];

/// Every kind of section: what it is, and how far it is carried out.
pub(crate) static SECTIONS: &[(Sections, Built, &str)] = &[
    (Sections::GLOBAL, Built::Working, "settings of the whole process"),
    (Sections::DEFAULTS, Built::Working, "what the proxies that follow inherit"),
    (Sections::FRONTEND, Built::Working, "a proxy with a client side"),
    (Sections::LISTEN, Built::Working, "a proxy with both sides"),
    (Sections::BACKEND, Built::Working, "a proxy with a server side"),
    (Sections::PEERS, Built::Noted, "other load balancers to share stick tables with"),
    (Sections::RESOLVERS, Built::Working, "name servers"),
    (Sections::MAILERS, Built::Noted, "where alerts are mailed to"),
    (Sections::USERLIST, Built::Working, "users and groups for basic authentication"),
    (Sections::RING, Built::Working, "a ring buffer of events"),
    (Sections::CACHE, Built::Noted, "a cache of small responses"),
    (Sections::HTTP_ERRORS, Built::Working, "a group of error pages"),
    (Sections::LOG_FORWARD, Built::Working, "a receiver that passes logs on"),
    (Sections::LOG_PROFILE, Built::Working, "log formats by processing step"),
    (Sections::FCGI_APP, Built::Noted, "a FastCGI application"),
    (Sections::CRT_STORE, Built::Working, "where certificates are found, and what they are called"),
    (Sections::HEALTHCHECK, Built::Working, "a health check to be used by several backends"),
    (Sections::ACME, Built::Noted, "an issuer of certificates"),
    (Sections::TRACES, Built::Noted, "tracing from the start on"),
    (Sections::PROGRAM, Built::Noted, "an external program kept running by the master"),
    (Sections::NAMESPACE_LIST, Built::Noted, "network namespaces"),
    (Sections::SPOE_AGENT, Built::Refused, "an agent, in the file of an SPOE filter"),
    (Sections::SPOE_GROUP, Built::Refused, "a group of messages, in the file of an SPOE filter"),
    (Sections::SPOE_MESSAGE, Built::Refused, "a message, in the file of an SPOE filter"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_told() {
        let told: Vec<_> = SECTIONS.iter().map(|(section, ..)| *section).collect();
        let all: Vec<_> = Sections::ALL.iter().map(|(section, _)| *section).collect();
        assert_eq!(told, all);
    }

    #[test]
    fn parsed_sections_know_the_words_that_are_told_of_them() {
        for (section, known) in [
            (Sections::RING, crate::sections::ring::KEYWORDS),
            (Sections::USERLIST, crate::sections::userlist::KEYWORDS),
            (Sections::HEALTHCHECK, crate::sections::healthcheck::KEYWORDS),
        ] {
            let (_, words) = PARSED.iter().find(|(kind, _)| *kind == section).unwrap();
            let mut firsts: Vec<_> = words.iter().filter_map(|(name, _)| name.split(' ').next()).collect();
            firsts.dedup();
            assert_eq!(firsts, known);
        }
    }
}
