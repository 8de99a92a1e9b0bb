//! The names of the family and what each means.

use state::pattern::Case;

use super::side::Side;

/// What a keyword does to the lines it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// Puts another line in their place.
    Replace,
    /// Removes them.
    Delete,
    /// Adds a line; matches nothing.
    Add,
    /// Decides about the message, or about the lines.
    Judge(Verdict),
    /// Chooses a backend.
    SetBackend,
}

/// What a line that matches decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing refuses the request any more.
    Allow,
    /// The line is left alone from here on.
    Pass,
    /// The message is refused.
    Deny,
    /// The request is refused after a while.
    Tarpit,
}

/// One keyword.
#[derive(Debug)]
pub(super) struct Keyword {
    pub(super) name: &'static str,
    pub(super) side: Side,
    pub(super) verb: Verb,
    pub(super) case: Case,
}

const fn request(name: &'static str, verb: Verb, case: Case) -> Keyword {
    Keyword { name, side: Side::Request, verb, case }
}

const fn response(name: &'static str, verb: Verb, case: Case) -> Keyword {
    Keyword { name, side: Side::Response, verb, case }
}

static KEYWORDS: &[Keyword] = &[
    request("reqadd", Verb::Add, Case::Sensitive),
    request("reqallow", Verb::Judge(Verdict::Allow), Case::Sensitive),
    request("reqiallow", Verb::Judge(Verdict::Allow), Case::Insensitive),
    request("reqdel", Verb::Delete, Case::Sensitive),
    request("reqidel", Verb::Delete, Case::Insensitive),
    request("reqdeny", Verb::Judge(Verdict::Deny), Case::Sensitive),
    request("reqideny", Verb::Judge(Verdict::Deny), Case::Insensitive),
    request("reqpass", Verb::Judge(Verdict::Pass), Case::Sensitive),
    request("reqipass", Verb::Judge(Verdict::Pass), Case::Insensitive),
    request("reqrep", Verb::Replace, Case::Sensitive),
    request("cliexp", Verb::Replace, Case::Sensitive),
    request("reqirep", Verb::Replace, Case::Insensitive),
    request("reqtarpit", Verb::Judge(Verdict::Tarpit), Case::Sensitive),
    request("reqitarpit", Verb::Judge(Verdict::Tarpit), Case::Insensitive),
    request("reqsetbe", Verb::SetBackend, Case::Sensitive),
    request("reqisetbe", Verb::SetBackend, Case::Insensitive),
    response("rspadd", Verb::Add, Case::Sensitive),
    response("rspdel", Verb::Delete, Case::Sensitive),
    response("rspidel", Verb::Delete, Case::Insensitive),
    response("rspdeny", Verb::Judge(Verdict::Deny), Case::Sensitive),
    response("rspideny", Verb::Judge(Verdict::Deny), Case::Insensitive),
    response("rsprep", Verb::Replace, Case::Sensitive),
    response("srvexp", Verb::Replace, Case::Sensitive),
    response("rspirep", Verb::Replace, Case::Insensitive),
];

/// The keyword called `name`.
pub(super) fn find(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.name == name)
}

/// Every keyword of the family, the names of 1.1 (`cliexp`, `srvexp`) included.
pub fn names() -> impl Iterator<Item = &'static str> {
    KEYWORDS.iter().map(|keyword| keyword.name)
}

/// Whether `keyword` works on responses; false for requests and for names that are not of the family.
#[must_use]
pub fn is_response(keyword: &str) -> bool {
    find(keyword).is_some_and(|keyword| keyword.side == Side::Response)
}
