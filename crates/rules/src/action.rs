//! What an action is: a row that compiles its words, and something that runs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use keyword::Doc;
use resolve::Preference;
use sample::{Compile, Problem, Txn};
use state::vars::VarRef;

use crate::acl::AclTable;
use crate::bandwidth::BandwidthNames;
use crate::reply::{ErrorTable, Reply};
use crate::words::Words;

/// What an action wants the engine to do next.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Go on with the next rule.
    Continue,
    /// End this ruleset; processing goes on (`allow`, `accept`).
    Stop,
    /// Send this answer and finish the exchange (`return`, `redirect`, `auth`).
    Reply(Arc<Reply>),
    /// As `Reply`, counted as denied.
    Deny(Arc<Reply>),
    /// As `Deny`, after `timeout tarpit`.
    Tarpit(Arc<Reply>),
    /// Close the connection without an answer (`reject`).
    Reject,
    /// Close without telling the client, as far as the kernel allows (`silent-drop`).
    SilentDrop,
    /// Cannot decide before more data came; this rule is asked again then.
    NotYet,
    /// Wait, then go on behind this rule.
    Wait(Wait),
    /// Write a log line now, then go on behind this rule.
    Log(LogCall),
    /// Something of this program's own answers (`use-service`).
    Service(Service),
    /// A rewrite failed under strict mode, or something broke: 500 and termination `PR`.
    Fail,
    /// Close the connection after this exchange (`http-response` rules of mode tcp: `close`).
    CloseAfter,
}

/// What answers in place of a server, by its name in rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// `prometheus-exporter`: the figures of this process, for Prometheus.
    PrometheusExporter,
}

impl Service {
    /// All of them.
    pub const ALL: &'static [Service] = &[Service::PrometheusExporter];

    /// Its name in rules.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Service::PrometheusExporter => "prometheus-exporter",
        }
    }

    /// What stands for a server in the log of a request that it answers.
    #[must_use]
    pub fn log_name(self) -> &'static str {
        match self {
            Service::PrometheusExporter => "<PROMEX>",
        }
    }
}

/// A log line that a rule wants (`do-log`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogCall {
    /// The ruleset that the rule stands in, one bit.
    pub kind: Kinds,
    /// The log profile that it names, by its number; `None`: those of the log targets.
    pub profile: Option<usize>,
}

/// A name whose address a rule wants (`do-resolve`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameCall {
    /// The variable that gets the address; it stays as it is where there is none.
    pub var: VarRef,
    /// The `resolvers` section, by its number.
    pub section: usize,
    /// The family that is preferred.
    pub preference: Preference,
    /// The name.
    pub name: Box<[u8]>,
}

/// What to wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wait {
    /// The message's body: all of it, `bytes_min` bytes of it, a full buffer, or `time`.
    Body {
        /// At most this long.
        time: Duration,
        /// Enough when this much is there; 0: all of it.
        bytes_min: usize,
    },
    /// Nothing, for this long.
    Pause(Duration),
    /// The client's TLS handshake: what was sent before it is complete may be a repetition.
    Handshake,
    /// The address of a name.
    Name(Box<NameCall>),
}

/// Something a rule does. Built once, shared by all workers.
pub trait Action: Send + Sync + fmt::Debug {
    /// Acts on the transaction.
    fn run(&self, txn: &mut Txn) -> Outcome;
}

/// The rulesets that an action may stand in; a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds(pub u8);

impl Kinds {
    /// `tcp-request connection`.
    pub const TCP_CONNECTION: Kinds = Kinds(1);
    /// `tcp-request session`.
    pub const TCP_SESSION: Kinds = Kinds(1 << 1);
    /// `tcp-request content`.
    pub const TCP_CONTENT: Kinds = Kinds(1 << 2);
    /// `tcp-response content`.
    pub const TCP_RESPONSE: Kinds = Kinds(1 << 3);
    /// `http-request`.
    pub const HTTP_REQUEST: Kinds = Kinds(1 << 4);
    /// `http-response`.
    pub const HTTP_RESPONSE: Kinds = Kinds(1 << 5);
    /// `http-after-response`.
    pub const HTTP_AFTER: Kinds = Kinds(1 << 6);
    /// All HTTP rulesets.
    pub const HTTP: Kinds = Kinds(0b0111_0000);
    /// All TCP rulesets.
    pub const TCP: Kinds = Kinds(0b0000_1111);
    /// Every ruleset.
    pub const ALL: Kinds = Kinds(0b0111_1111);

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    /// Whether all of `other` is in this set.
    #[must_use]
    pub const fn covers(self, other: Kinds) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A slot that keeps one captured value for the logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureSlot {
    /// The header it is filled from on its own; `None` for `declare capture` and `http-request capture`.
    pub header: Option<Box<[u8]>>,
    /// Longer values are cut.
    pub bytes_max: usize,
}

/// The capture slots of a frontend, in the order that logs show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaptureSlots {
    /// Request slots.
    pub request: Vec<CaptureSlot>,
    /// Response slots.
    pub response: Vec<CaptureSlot>,
}

/// Sections that actions name.
pub trait ErrorNames {
    /// The `http-errors` section called `name`.
    fn http_errors(&self, name: &[u8]) -> Option<Arc<ErrorTable>>;

    /// The number of the `log-profile` section called `name` among all of them.
    fn log_profile(&self, _name: &[u8]) -> Option<usize> {
        None
    }

    /// The number of the `resolvers` section called `name` among all of them.
    fn resolvers(&self, _name: &[u8]) -> Option<usize> {
        None
    }

    /// The names of all `resolvers` sections, for suggestions.
    fn all_resolvers(&self) -> Vec<String> {
        Vec::new()
    }

    /// The names of all `log-profile` sections, for suggestions.
    fn log_profiles(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What compiling an action needs beyond what an expression does.
pub struct ActionCompile<'a, 'c> {
    /// For expressions.
    pub sample: &'a mut Compile<'c>,
    /// The ruleset the action stands in, one bit.
    pub kind: Kinds,
    /// The proxy's named ACLs.
    pub acls: &'a AclTable,
    /// The `http-errors` and `log-profile` sections.
    pub errors: &'a dyn ErrorNames,
    /// The frontend's capture slots so far; an action may add one.
    pub captures: &'a mut CaptureSlots,
    /// The proxy's bandwidth limits so far.
    pub bandwidth: &'a mut BandwidthNames,
}

/// Compiles the words after an action's name, up to its condition.
pub type CompileFn = fn(&mut Words<'_>, &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem>;

/// The row of an action.
pub struct ActionRow {
    /// Name as typed. Arguments in parentheses, as in `set-var(txn.a)`, are not part of it.
    pub name: &'static str,
    /// Other names of the same thing.
    pub aliases: &'static [&'static str],
    /// Where it may stand.
    pub kinds: Kinds,
    /// Compiles it. The word that named it is the one before the cursor.
    pub compile: CompileFn,
    /// Documentation; examples are whole lines without conditions.
    pub doc: Doc,
}

impl keyword::Row for ActionRow {
    fn told(&self) -> keyword::Told<'_> {
        keyword::Told::working(self.name, self.aliases, &self.doc)
    }
}
