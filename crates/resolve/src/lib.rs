//! Name resolution at run time, without sockets (configuration manual, chapters 5.3.1 and 5.3.2; RFC 1035, RFC 2782,
//! RFC 6891).
//!
//! ```text
//!   link(name) --> [waiting] --due--> [running] --poll_send--> name servers
//!                     ^                  |  ^                       |
//!                     |                  |  +-- due: ask again -----+
//!                     +-- answered, or given up: poll_event <-- on_message
//! ```
//! A [`Resolver`] is one `resolvers` section: names that are asked for again and again, what was answered lately, and when
//! to do what next. Whoever drives it owns the sockets and the clock. Always holds: an answer counts only for a question
//! that was asked and is not answered yet, by its number, its name and its type; records are as many as fit into one message,
//! and those that no answer has any more go when `hold obsolete` is over.

mod choose;
mod counters;
mod message;
mod name;
mod records;
mod resolver;
mod service;
mod settings;

pub use choose::{Choice, Duplicates, Network, Preference, Preferences};
pub use counters::{COUNTERS, Counter, CounterRow, Counters};
pub use message::{Families, Family};
pub use name::{Name, NameError};
pub use resolver::{Event, Question, Requester, ResolutionId, Resolver, Status, Taken};
pub use service::{Assignment, Member, Service};
pub use settings::{Holds, PAYLOAD_BYTES_MAX, PAYLOAD_BYTES_MIN, Settings};

/// What is asked of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Addresses of IPv4.
    A,
    /// Addresses of IPv6.
    Aaaa,
    /// Where a service is (`_http._tcp.example.com`).
    Srv,
}

impl Kind {
    /// The question for addresses that is asked first where `preference` is wanted of what is accepted.
    #[must_use]
    pub fn of_address(preference: Preference, families: Families) -> Kind {
        match (families, preference) {
            (Families::V4, _) | (Families::Both, Preference::V4) => Kind::A,
            (Families::V6, _) | (Families::Both, Preference::V6) => Kind::Aaaa,
        }
    }

    /// The question that is asked when this one brought nothing; `None`: there is none.
    fn other(self, families: Families) -> Option<Kind> {
        match (self, families) {
            (Kind::A, Families::Both) => Some(Kind::Aaaa),
            (Kind::Aaaa, Families::Both) => Some(Kind::A),
            (Kind::Srv, _) | (_, Families::V4 | Families::V6) => None,
        }
    }
}
