//! In which sections of a configuration a keyword may stand (chapters 3, 4 and 12 of the manual).

use std::fmt;

/// A set of kinds of section. Built in `static` rows with [`union`](Sections::union).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Sections(u32);

macro_rules! sections {
    ($($(#[$doc:meta])* $constant:ident = $bit:literal, $keyword:literal;)*) => {
        impl Sections {
            $($(#[$doc])* pub const $constant: Self = Self(1 << $bit);)*

            /// Every kind of section with the keyword that opens it, in the order of the manual.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$constant, $keyword)),*];
        }
    };
}

sections! {
    /// Settings of the whole process.
    GLOBAL = 0, "global";
    /// What the proxies that follow inherit.
    DEFAULTS = 1, "defaults";
    /// A proxy with a client side only.
    FRONTEND = 2, "frontend";
    /// A proxy with both sides.
    LISTEN = 3, "listen";
    /// A proxy with a server side only.
    BACKEND = 4, "backend";
    /// Other load balancers to share stick tables with.
    PEERS = 5, "peers";
    /// Name servers.
    RESOLVERS = 6, "resolvers";
    /// Where alerts are mailed to.
    MAILERS = 7, "mailers";
    /// Users and groups for basic authentication.
    USERLIST = 8, "userlist";
    /// A ring buffer of events.
    RING = 9, "ring";
    /// A cache of small responses.
    CACHE = 10, "cache";
    /// A group of error pages.
    HTTP_ERRORS = 11, "http-errors";
    /// A receiver that passes logs on.
    LOG_FORWARD = 12, "log-forward";
    /// Log formats by processing step.
    LOG_PROFILE = 13, "log-profile";
    /// A FastCGI application.
    FCGI_APP = 14, "fcgi-app";
    /// Where certificates are found and what they are called.
    CRT_STORE = 15, "crt-store";
    /// A health check to be used by several backends.
    HEALTHCHECK = 16, "healthcheck";
    /// An issuer of certificates.
    ACME = 17, "acme";
    /// Tracing from the start on.
    TRACES = 18, "traces";
    /// An external program kept running by the master; removed in 3.3.
    PROGRAM = 19, "program";
    /// Network namespaces.
    NAMESPACE_LIST = 20, "namespace_list";
    /// An agent, in the file of an SPOE filter.
    SPOE_AGENT = 21, "spoe-agent";
    /// A group of messages, in the file of an SPOE filter.
    SPOE_GROUP = 22, "spoe-group";
    /// A message, in the file of an SPOE filter.
    SPOE_MESSAGE = 23, "spoe-message";
}

impl Sections {
    /// No section at all.
    pub const NONE: Self = Self(0);
    /// Sections with a client side.
    pub const CLIENT_SIDE: Self = Self::FRONTEND.union(Self::LISTEN);
    /// Sections with a server side.
    pub const SERVER_SIDE: Self = Self::LISTEN.union(Self::BACKEND);
    /// Frontend, listen and backend.
    pub const PROXIES: Self = Self::CLIENT_SIDE.union(Self::BACKEND);
    /// Proxies, and the defaults that they inherit.
    pub const PROXIES_AND_DEFAULTS: Self = Self::PROXIES.union(Self::DEFAULTS);

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether anything is in both.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The section that the word `keyword` opens.
    #[must_use]
    pub fn opened_by(keyword: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == keyword).map(|(section, _)| *section)
    }

    /// The opening keywords of the sections in this set, in the order of the manual.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().filter(move |(section, _)| self.contains(*section)).map(|(_, name)| *name)
    }
}

/// The names, separated by commas.
impl fmt::Display for Sections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, name) in self.names().enumerate() {
            write!(f, "{}{name}", if n > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Sections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sections({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets() {
        const PLACE: Sections = Sections::GLOBAL.union(Sections::LISTEN);
        assert!(PLACE.contains(Sections::LISTEN));
        assert!(!PLACE.contains(Sections::SERVER_SIDE));
        assert!(PLACE.intersects(Sections::SERVER_SIDE));
        assert!(!PLACE.intersects(Sections::BACKEND));
        assert_eq!(PLACE.to_string(), "global, listen");
        assert_eq!(Sections::NONE.to_string(), "");
    }

    #[test]
    fn no_two_share_a_bit_or_a_keyword() {
        let every = Sections::ALL.iter().fold(0u32, |all, (section, _)| {
            assert_eq!(all & section.0, 0, "{section}");
            all | section.0
        });
        assert_eq!(usize::try_from(every.count_ones()).unwrap(), Sections::ALL.len());
        for (section, keyword) in Sections::ALL {
            assert_eq!(Sections::opened_by(keyword), Some(*section));
        }
        assert_eq!(Sections::opened_by("upstream"), None);
    }
}
