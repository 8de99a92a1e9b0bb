//! The actions of rules, one file each, and the list that orders them (configuration manual, chapter 4.4).
//!
//! To add one: write its file with its [`ActionRow`] and a test, and name the row in `ROWS`. Actions that do the same to
//! different things share a module that is named after what they share.

use std::sync::LazyLock;

use diag::codes;
use keyword::{Entry, Table, Unbuilt};
use sample::Problem;
use sample::compile::problem_of;
use syntax::Word;

use crate::action::{ActionRow, Kinds};

mod accept;
mod add_acl;
mod add_header;
mod add_headers_bin;
mod address;
mod allow;
mod answer;
mod args;
mod auth;
mod capture;
mod close;
mod counter;
mod del_acl;
mod del_header;
mod del_headers_bin;
mod del_map;
mod deny;
mod disable_l7_retry;
mod do_log;
mod do_resolve;
mod early_hint;
mod expect_netscaler_cip;
mod expect_proxy;
mod header;
mod headers_bin;
mod message;
mod normalize_uri;
mod normalizers;
mod pattern_edit;
mod pause;
mod redirect;
mod reject;
mod replace;
mod replace_header;
mod replace_path;
mod replace_pathq;
mod replace_uri;
mod replace_value;
mod return_;
mod sc_add_gpc;
mod sc_inc_gpc;
mod sc_inc_gpc0;
mod sc_inc_gpc1;
mod sc_set_gpt;
mod sc_set_gpt0;
mod set_bandwidth_limit;
mod set_bc_mark;
mod set_bc_tos;
mod set_dst;
mod set_dst_port;
mod set_fc_mark;
mod set_fc_tos;
mod set_header;
mod set_headers_bin;
mod set_log_level;
mod set_map;
mod set_method;
mod set_nice;
mod set_path;
mod set_pathq;
mod set_priority_class;
mod set_priority_offset;
mod set_query;
mod set_retries;
mod set_src;
mod set_src_port;
mod set_status;
mod set_timeout;
mod set_uri;
mod set_var;
mod set_var_fmt;
mod silent_drop;
mod socket;
mod strict_mode;
mod target;
mod tarpit;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod track_sc;
mod unbuilt;
mod unset_var;
mod use_service;
mod variable;
mod wait_for_body;
mod wait_for_handshake;

pub use answer::answer;

static ROWS: &[&ActionRow] = &[
    &accept::ROW,
    &add_acl::ROW,
    &add_header::ROW,
    &add_headers_bin::ROW,
    &allow::ROW,
    &auth::ROW,
    &capture::ROW,
    &close::ROW,
    &del_acl::ROW,
    &del_header::ROW,
    &del_headers_bin::ROW,
    &del_map::ROW,
    &deny::ROW,
    &disable_l7_retry::ROW,
    &do_log::ROW,
    &do_resolve::ROW,
    &early_hint::ROW,
    &expect_netscaler_cip::ROW,
    &expect_proxy::ROW,
    &normalize_uri::ROW,
    &pause::ROW,
    &redirect::ROW,
    &reject::ROW,
    &replace_header::ROW,
    &replace_path::ROW,
    &replace_pathq::ROW,
    &replace_uri::ROW,
    &replace_value::ROW,
    &return_::ROW,
    &sc_add_gpc::ROW,
    &sc_inc_gpc::ROW,
    &sc_inc_gpc0::ROW,
    &sc_inc_gpc1::ROW,
    &sc_set_gpt::ROW,
    &sc_set_gpt0::ROW,
    &set_bandwidth_limit::ROW,
    &set_bc_mark::ROW,
    &set_bc_tos::ROW,
    &set_dst::ROW,
    &set_dst_port::ROW,
    &set_fc_mark::ROW,
    &set_fc_tos::ROW,
    &set_header::ROW,
    &set_headers_bin::ROW,
    &set_log_level::ROW,
    &set_map::ROW,
    &set_method::ROW,
    &set_nice::ROW,
    &set_path::ROW,
    &set_pathq::ROW,
    &set_priority_class::ROW,
    &set_priority_offset::ROW,
    &set_query::ROW,
    &set_retries::ROW,
    &set_src::ROW,
    &set_src_port::ROW,
    &set_status::ROW,
    &set_timeout::ROW,
    &set_uri::ROW,
    &set_var::ROW,
    &set_var_fmt::ROW,
    &silent_drop::ROW,
    &strict_mode::ROW,
    &tarpit::ROW,
    &track_sc::ROW,
    &unset_var::ROW,
    &use_service::ROW,
    &wait_for_body::ROW,
    &wait_for_handshake::ROW,
];

static TABLE: LazyLock<Table<ActionRow>> = LazyLock::new(|| Table::new(ROWS));

/// The row of the action that `word` names, in a ruleset of this kind. A word may hold more than the name: arguments
/// in parentheses, or a number as in `track-sc0`.
#[must_use]
pub fn lookup(word: &[u8], kind: Kinds) -> Option<&'static ActionRow> {
    named(word).filter(|row| row.kinds.covers(kind))
}

/// As [`lookup`]; where there is no such row, why.
///
/// # Errors
/// An action that does not exist, does not stand in such rules, or does not exist here yet.
pub fn find(word: &Word, kind: Kinds) -> Result<&'static ActionRow, Problem> {
    let name = base::Lossy(name_of(&word.text)).to_string();
    let problem = |code, text: String| problem_of(code, word.span, text);
    let Some(row) = named(&word.text) else {
        if let Some((kinds, _)) = unbuilt::find(name.as_bytes()) {
            return Err(match kinds.covers(kind) {
                true => Box::new(keyword::built::refused(&name).at(word.span)),
                false => elsewhere(&name, kinds, word),
            });
        }
        let mut unknown =
            problem(codes::UNKNOWN_ACTION, format!("unknown `{}` action `{name}`", titles(kind).join(", ")));
        let here = || ROWS.iter().filter(|row| row.kinds.covers(kind));
        let known = here().flat_map(|row| std::iter::once(row.name).chain(row.aliases.iter().copied()));
        unknown.suggestion = diag::nearest(&name, known).map(str::to_owned);
        return Err(unknown);
    };
    if row.kinds.covers(kind) {
        return Ok(row);
    }
    Err(elsewhere(&name, row.kinds, word))
}

/// The problem of an action that stands in other rules.
fn elsewhere(name: &str, kinds: Kinds, word: &Word) -> Problem {
    let text = format!("`{name}` is no action of these rules");
    let note = format!("it stands in {}", titles(kinds).join(", "));
    let mut problem = problem_of(codes::ACTION_ELSEWHERE, word.span, text);
    problem.notes.push(note);
    problem
}

/// The action that `word` names, if HAProxy has it in such rules and this program does not have it yet.
#[must_use]
pub fn unbuilt(word: &[u8], kind: Kinds) -> Option<&'static Unbuilt> {
    if named(word).is_some() {
        return None;
    }
    unbuilt::find(name_of(word)).filter(|(kinds, _)| kinds.covers(kind)).map(|(_, row)| row)
}

/// The names of all actions of a kind of rules, for suggestions and completion.
pub fn names(kind: Kinds) -> impl Iterator<Item = &'static str> {
    ROWS.iter().filter(move |row| row.kinds.covers(kind)).map(|row| row.name)
}

/// All rows, for documentation.
pub fn rows() -> impl Iterator<Item = &'static ActionRow> {
    TABLE.iter()
}

/// Everything that lists and the reference tell of actions.
pub fn entries() -> impl Iterator<Item = Entry> {
    const KIND: &str = "action";
    let known = rows().map(|row| Entry::of(KIND, row).place(titles(row.kinds).join(", ")));
    let scripted = (Kinds::ALL, &unbuilt::SCRIPTED);
    let missing = unbuilt::ROWS
        .iter()
        .map(|(kinds, row)| (*kinds, row))
        .chain(std::iter::once(scripted))
        .filter(|(_, row)| TABLE.get(row.name).is_none());
    known.chain(
        missing.map(|(kinds, row)| {
            Entry::of(KIND, row).arguments(row.arguments).place(titles(kinds).join(", "))
        }),
    )
}

fn name_of(word: &[u8]) -> &[u8] {
    word.split(|byte| *byte == b'(').next().unwrap_or_default()
}

fn named(word: &[u8]) -> Option<&'static ActionRow> {
    let name = std::str::from_utf8(name_of(word)).ok()?;
    TABLE.get(name).or_else(|| {
        // Only stick counters have their number in the name of an action that has no row for each.
        let number = name.strip_prefix(track_sc::ROW.name)?;
        number.bytes().all(|byte| byte.is_ascii_digit()).then_some(&track_sc::ROW)
    })
}

/// How the rulesets of a set are called.
fn titles(kinds: Kinds) -> Vec<&'static str> {
    let all = [
        (Kinds::TCP_CONNECTION, "tcp-request connection"),
        (Kinds::TCP_SESSION, "tcp-request session"),
        (Kinds::TCP_CONTENT, "tcp-request content"),
        (Kinds::TCP_RESPONSE, "tcp-response content"),
        (Kinds::HTTP_REQUEST, "http-request"),
        (Kinds::HTTP_RESPONSE, "http-response"),
        (Kinds::HTTP_AFTER, "http-after-response"),
    ];
    all.into_iter().filter(|(kind, _)| kinds.covers(*kind)).map(|(_, title)| title).collect()
}
