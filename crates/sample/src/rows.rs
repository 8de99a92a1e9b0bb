//! The rows of fetches and converters: name, arguments, types, needs, documentation, and the function that runs.

use keyword::Doc;
use state::value::{Type, Value};

use crate::args::{Args, Param};
use crate::compile::{Compile, Problem};
use crate::subject::Subject;
use crate::txn::Txn;

/// What must exist where an expression stands; a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs(pub u16);

impl Needs {
    /// Nothing: constants, the date, process facts.
    pub const NOTHING: Needs = Needs(0);
    /// The client's connection.
    pub const CLIENT: Needs = Needs(1);
    /// The request's bytes before they are understood (TCP inspection).
    pub const REQUEST_BYTES: Needs = Needs(1 << 1);
    /// The request's head.
    pub const REQUEST: Needs = Needs(1 << 2);
    /// The request's body, as far as it was buffered.
    pub const REQUEST_BODY: Needs = Needs(1 << 3);
    /// A backend was chosen.
    pub const BACKEND: Needs = Needs(1 << 4);
    /// A server was chosen and connected.
    pub const SERVER: Needs = Needs(1 << 5);
    /// The response's bytes before they are understood.
    pub const RESPONSE_BYTES: Needs = Needs(1 << 6);
    /// The response's head.
    pub const RESPONSE: Needs = Needs(1 << 7);
    /// The response's body, as far as it was buffered.
    pub const RESPONSE_BODY: Needs = Needs(1 << 8);
    /// The exchange is over: final counters and times (logs only).
    pub const END: Needs = Needs(1 << 9);
    /// A stream: what holds `txn` variables and captures.
    pub const STREAM: Needs = Needs(1 << 10);
    /// The client's TLS handshake is over, if there is one.
    pub const TLS: Needs = Needs(1 << 11);

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Needs) -> Needs {
        Needs(self.0 | other.0)
    }

    /// Whether all of `other` is in this set.
    #[must_use]
    pub const fn covers(self, other: Needs) -> bool {
        self.0 & other.0 == other.0
    }

    /// What of this set is missing in `other`.
    #[must_use]
    pub const fn without(self, other: Needs) -> Needs {
        Needs(self.0 & !other.0)
    }
}

/// What a fetch answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Fetched<'a> {
    /// A value.
    Value(Value<'a>),
    /// There is none and waiting will not bring one.
    Absent,
    /// It cannot be told before more data came; the ruleset asks again then.
    NotYet,
}

impl<'a> From<Option<Value<'a>>> for Fetched<'a> {
    fn from(value: Option<Value<'a>>) -> Self {
        value.map_or(Fetched::Absent, Fetched::Value)
    }
}

impl<'a> From<Value<'a>> for Fetched<'a> {
    fn from(value: Value<'a>) -> Self {
        Fetched::Value(value)
    }
}

/// How a fetch that could find several values is asked, and where it stands.
///
/// An ACL asks for each value in turn: the fetch sets `more` while there may be another one, and finds its place in
/// `at` the next time. Everything else asks once and gets one value (for header fetches the last occurrence).
#[derive(Debug, Default)]
pub struct Walk {
    /// Whether the asker goes through all values.
    pub is_each: bool,
    /// Opaque position, 0 at first.
    pub at: usize,
    /// Set by the fetch when another value may follow.
    pub more: bool,
    /// Set by the fetch when more data may bring another value than the one it gave (`req.len`): a test that fails on
    /// it cannot be told yet.
    pub may_change: bool,
}

impl Walk {
    /// For one value.
    #[must_use]
    pub fn once() -> Self {
        Walk::default()
    }

    /// For all values in turn.
    #[must_use]
    pub fn each() -> Self {
        Walk { is_each: true, ..Walk::default() }
    }
}

/// Runs a fetch.
pub type FetchFn = for<'a> fn(&'a Txn, &'a Args, &mut Walk) -> Fetched<'a>;

/// A second way to what a fetch gives to who asks for each value: texts, without values made of them.
#[derive(Debug, Clone, Copy)]
pub enum Texts {
    /// There is never more than one.
    One(Subject),
    /// There may be several.
    Each(EachTextFn),
}

impl Texts {
    /// Whether `accept` takes one of them; `None` if that cannot be told before more data came.
    #[inline]
    pub fn any(self, txn: &Txn, args: &Args, mut accept: impl FnMut(&[u8]) -> bool) -> Option<bool> {
        match self {
            Texts::One(subject) => match subject.text(txn) {
                Text::Here(text) => Some(accept(text)),
                Text::Absent => Some(false),
                Text::NotYet => None,
            },
            Texts::Each(offer) => offer(txn, args, &mut accept),
        }
    }
}

/// Hands the texts that a fetch finds to `accept`, one after the other, until that says yes. Returns whether it did;
/// `None`: what there is does not do, and more data may bring more.
pub type EachTextFn = for<'a> fn(&'a Txn, &'a Args, accept: &mut dyn FnMut(&[u8]) -> bool) -> Option<bool>;

/// As [`Fetched`], where a value is a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text<'a> {
    /// A text.
    Here(&'a [u8]),
    /// There is none and waiting will not bring one.
    Absent,
    /// It cannot be told before more data came.
    NotYet,
}

/// Runs a converter on a value already cast to the row's input type; `None`: no value.
pub type ConvertFn = for<'a> fn(Value<'a>, &'a Args, &'a Txn) -> Option<Value<'a>>;

/// Checks compiled arguments further and may keep what it prepared in [`Args::prepared`].
pub type CheckFn = fn(&mut Args, &mut Compile<'_>) -> Result<(), Problem>;

/// The row of a fetch.
pub struct Fetch {
    /// Name as typed, as `req.hdr`.
    pub name: &'static str,
    /// Other names of the same thing.
    pub aliases: &'static [&'static str],
    /// Arguments in order.
    pub params: &'static [Param],
    /// Type of the result.
    pub out: Type,
    /// What must exist where it stands.
    pub needs: Needs,
    /// Further checks of the arguments.
    pub check: Option<CheckFn>,
    /// The function.
    pub run: FetchFn,
    /// The way of conditions to the texts that `run` gives; `None` where it would gain nothing.
    pub texts: Option<Texts>,
    /// Which subject these texts are, with these arguments, where there is but one.
    pub subject: Option<fn(&Args) -> Option<Subject>>,
    /// Documentation; examples are `(expression, request head, result)`.
    pub doc: Doc,
}

impl keyword::Row for Fetch {
    fn told(&self) -> keyword::Told<'_> {
        keyword::Told::working(self.name, self.aliases, &self.doc)
    }
}

/// The row of a converter.
pub struct Convert {
    /// Name as typed, as `lower`.
    pub name: &'static str,
    /// Other names of the same thing.
    pub aliases: &'static [&'static str],
    /// Arguments in order.
    pub params: &'static [Param],
    /// The type that the input is cast to before `run`; [`Type::Any`]: as it is.
    pub input: Type,
    /// Type of the result; [`Type::Any`]: known only when it runs, so that whatever follows is accepted.
    pub out: Type,
    /// Further checks of the arguments.
    pub check: Option<CheckFn>,
    /// The function.
    pub run: ConvertFn,
    /// Documentation; examples are `(expression after the input, input, result)` and run as tests.
    pub doc: Doc,
}

impl keyword::Row for Convert {
    fn told(&self) -> keyword::Told<'_> {
        keyword::Told::working(self.name, self.aliases, &self.doc)
    }
}
