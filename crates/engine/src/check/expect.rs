//! Expectations: whether what came is what a healthy server says, and what is told of it.

use config::model::{
    CheckExpect, CheckHeader, CheckMatch, CheckPattern, CheckProtocol, CheckStep, CheckText,
};
use state::check::{CheckReport, CheckStatus};
use state::server::Health;

use super::custom;
use super::script::{Judged, Run, from_hex};
use super::task::bare;

/// What a search came to.
enum Found {
    /// It matched, or did not.
    Matched(bool),
    /// It did not match, and will not.
    Wrong(CheckStatus, &'static str),
    /// Too little is there to tell.
    TooLittle,
    /// There is nothing more to ask.
    Settled(Judged),
}

/// Judges what came so far.
pub(super) fn judge(run: &mut Run<'_>, step: &CheckStep, expect: &CheckExpect) -> Judged {
    let is_http = run.script.protocol == CheckProtocol::Http;
    if is_http {
        if !run.http.has_head() {
            if !run.is_over {
                return Judged::More;
            }
            return Judged::Over(failed(run, step, expect, Failed::new(CheckStatus::L7Response)));
        }
        run.code = i32::from(run.answer.head.status());
        if is_leave(run) {
            return Judged::Next;
        }
    }
    let found = if is_http { search_http(run, expect) } else { search_bytes(run, step, expect) };
    let matched = match found {
        Found::Settled(judged) => return judged,
        Found::TooLittle => return Judged::More,
        Found::Wrong(status, text) => {
            let failure = Failed { status, said: text.as_bytes().to_vec(), matched: false };
            return Judged::Over(failed(run, step, expect, failure));
        }
        Found::Matched(matched) => matched,
    };
    // Where nothing says how much must be there, more may make it match.
    let is_open = matches!(
        expect.pattern,
        CheckPattern::Status(_) | CheckPattern::StatusRegex(_) | CheckPattern::Header(_)
    );
    if !matched && !run.is_over && expect.min_recv.is_none() && !is_open {
        return Judged::More;
    }
    if matched != expect.is_negated {
        return Judged::Next;
    }
    let failure = mismatch(run, expect, matched);
    Judged::Over(failed(run, step, expect, failure))
}

/// A 404 under `disable-on-404`: the server wants no new sessions. Only one that is up can leave.
fn is_leave(run: &Run<'_>) -> bool {
    run.script.disable_on_404 && run.code == 404 && run.checker.server.state.health() != Health::Down
}

/// The report of a check whose last step was this expectation.
pub(super) fn passed(run: &mut Run<'_>, expect: &CheckExpect) -> CheckReport {
    if is_leave(run) && run.script.protocol == CheckProtocol::Http {
        return bare(CheckStatus::L7OkConditionally);
    }
    let text = match &expect.on_success {
        Some(format) => run.rendered(format),
        None if run.script.protocol == CheckProtocol::Tcp => b"(tcp-check)".to_vec(),
        None => Vec::new(),
    };
    set_code(run, expect);
    bare(expect.ok_status.unwrap_or(CheckStatus::L7Ok)).describe(text)
}

/// `status-code`.
fn set_code(run: &mut Run<'_>, expect: &CheckExpect) {
    if let Some(expr) = &expect.status_code
        && let Some(code) = run.number(expr)
    {
        run.code = i32::try_from(code).unwrap_or(i32::MAX);
    }
}

/// What is known of a failure.
pub(super) struct Failed {
    pub(super) status: CheckStatus,
    /// What is told of it whatever else is; may be empty.
    pub(super) said: Vec<u8>,
    /// Whether something matched that must not.
    pub(super) matched: bool,
}

impl Failed {
    pub(super) fn new(status: CheckStatus) -> Failed {
        Failed { status, said: Vec::new(), matched: false }
    }
}

/// What a pattern that does not fit is called.
fn mismatch(run: &Run<'_>, expect: &CheckExpect, matched: bool) -> Failed {
    let is_http = run.script.protocol == CheckProtocol::Http;
    let is_status = matches!(
        expect.pattern,
        CheckPattern::Status(_) | CheckPattern::StatusRegex(_) | CheckPattern::Header(_)
    );
    let default = if is_status { CheckStatus::L7Status } else { CheckStatus::L7Response };
    let status = expect.error_status.unwrap_or(default);
    let said = match (is_http && expect.on_error.is_none(), is_status) {
        (false, _) => Vec::new(),
        (true, true) => run.answer.head.reason().to_vec(),
        (true, false) if expect.is_negated => b"HTTP check matched unwanted content".to_vec(),
        (true, false) => b"HTTP content check did not match".to_vec(),
    };
    Failed { status, said, matched }
}

/// The report of a failure, with the best that can be said about it.
pub(super) fn failed(
    run: &mut Run<'_>,
    step: &CheckStep,
    expect: &CheckExpect,
    failure: Failed,
) -> CheckReport {
    let is_http = run.script.protocol == CheckProtocol::Http;
    let is_empty = if is_http { !run.http.has_head() } else { run.answer.body.is_empty() };
    let mut text = match (&expect.on_error, failure.said) {
        (_, said) if !said.is_empty() => said,
        (Some(format), _) => run.rendered(format),
        (None, _) if is_empty => format!("TCPCHK got an empty response at step {}", step.number).into_bytes(),
        (None, _) if run.script.protocol == CheckProtocol::Other => Vec::new(),
        (None, _) => unfit(step, expect, failure.matched),
    };
    if let Some(comment) = &step.comment {
        text.extend_from_slice(b" comment: ");
        text.extend_from_slice(comment);
    }
    set_code(run, expect);
    bare(failure.status).describe(text)
}

fn unfit(step: &CheckStep, expect: &CheckExpect, matched: bool) -> Vec<u8> {
    let what = match &expect.pattern {
        CheckPattern::Text(text) => format!(" '{}'", base::Lossy(text)),
        CheckPattern::Status(_) => "(status codes)".to_owned(),
        CheckPattern::Binary(_) => " (binary)".to_owned(),
        CheckPattern::Regex(_) | CheckPattern::StatusRegex(_) => " (regex)".to_owned(),
        CheckPattern::BinaryRegex(_) => " (binary regex)".to_owned(),
        CheckPattern::TextFormat(_) => " (log-format string)".to_owned(),
        CheckPattern::BinaryFormat(_) => " (log-format binary)".to_owned(),
        CheckPattern::Header(_) => " (header pattern)".to_owned(),
        CheckPattern::Custom(_) => " (custom function)".to_owned(),
    };
    let verdict = if matched { "matched unwanted content" } else { "did not match content" };
    format!("TCPCHK {verdict}{what} at step {}", step.number).into_bytes()
}

/// Whether fewer bytes came than are needed to tell.
fn is_too_short(run: &Run<'_>, expect: &CheckExpect, needed: usize) -> bool {
    let min = expect.min_recv.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0);
    !run.is_over && run.answer.body.len() < needed.max(min)
}

fn search_bytes(run: &mut Run<'_>, step: &CheckStep, expect: &CheckExpect) -> Found {
    let fixed = match &expect.pattern {
        CheckPattern::Text(text) | CheckPattern::Binary(text) => text.len(),
        CheckPattern::Regex(_)
        | CheckPattern::BinaryRegex(_)
        | CheckPattern::TextFormat(_)
        | CheckPattern::BinaryFormat(_)
        | CheckPattern::Status(_)
        | CheckPattern::StatusRegex(_)
        | CheckPattern::Header(_)
        | CheckPattern::Custom(_) => 0,
    };
    if is_too_short(run, expect, fixed) {
        return Found::TooLittle;
    }
    let body = &run.answer.body;
    match &expect.pattern {
        CheckPattern::Text(text) | CheckPattern::Binary(text) => Found::Matched(contains(body, text)),
        CheckPattern::Regex(regex) => Found::Matched(regex.is_match(body)),
        CheckPattern::BinaryRegex(regex) => Found::Matched(regex.is_match(&to_hex(body))),
        CheckPattern::TextFormat(format) => {
            let text = run.rendered(format);
            search_made(run, text)
        }
        CheckPattern::BinaryFormat(format) => match from_hex(&run.rendered(format)) {
            Some(bytes) => search_made(run, bytes),
            None => Found::Wrong(
                CheckStatus::L7Response,
                "Failed to parse hexastring resulting of eval of a log-format string",
            ),
        },
        CheckPattern::Custom(_) if body.is_empty() => Found::Matched(false),
        CheckPattern::Custom(what) => Found::Settled(custom::judge(run, step, expect, *what)),
        CheckPattern::Status(_) | CheckPattern::StatusRegex(_) | CheckPattern::Header(_) => {
            Found::Matched(false)
        }
    }
}

/// Looks for what a format made.
fn search_made(run: &Run<'_>, text: Vec<u8>) -> Found {
    if text.is_empty() {
        return Found::Wrong(CheckStatus::L7Response, EMPTY_FORMAT);
    }
    if run.answer.body.len() < text.len() && !run.is_over {
        return Found::TooLittle;
    }
    Found::Matched(contains(&run.answer.body, &text))
}

const EMPTY_FORMAT: &str = "log-format string evaluated to an empty string";

fn search_http(run: &mut Run<'_>, expect: &CheckExpect) -> Found {
    match &expect.pattern {
        CheckPattern::Status(ranges) => {
            let status = run.answer.head.status();
            Found::Matched(ranges.iter().any(|(from, to)| (*from..=*to).contains(&status)))
        }
        CheckPattern::StatusRegex(regex) => {
            Found::Matched(regex.is_match(run.answer.head.status().to_string().as_bytes()))
        }
        CheckPattern::Header(header) => search_header(run, header),
        CheckPattern::Text(_) | CheckPattern::TextFormat(_) | CheckPattern::Regex(_) => {
            search_body(run, expect)
        }
        CheckPattern::Binary(_)
        | CheckPattern::BinaryRegex(_)
        | CheckPattern::BinaryFormat(_)
        | CheckPattern::Custom(_) => Found::Matched(false),
    }
}

fn search_body(run: &mut Run<'_>, expect: &CheckExpect) -> Found {
    if run.answer.body.is_empty() {
        if !run.is_over {
            return Found::TooLittle;
        }
        let status = expect.error_status.unwrap_or(CheckStatus::L7Response);
        let told = "HTTP content check could not find a response body";
        return Found::Wrong(status, if expect.on_error.is_none() { told } else { "" });
    }
    let text = match &expect.pattern {
        CheckPattern::Text(text) => text.to_vec(),
        CheckPattern::TextFormat(format) => {
            let text = run.rendered(format);
            if text.is_empty() {
                return Found::Wrong(CheckStatus::L7Response, EMPTY_FORMAT);
            }
            text
        }
        CheckPattern::Regex(regex) => {
            if is_too_short(run, expect, 0) {
                return Found::TooLittle;
            }
            return Found::Matched(regex.is_match(&run.answer.body));
        }
        CheckPattern::Binary(_)
        | CheckPattern::BinaryRegex(_)
        | CheckPattern::BinaryFormat(_)
        | CheckPattern::Status(_)
        | CheckPattern::StatusRegex(_)
        | CheckPattern::Header(_)
        | CheckPattern::Custom(_) => return Found::Matched(false),
    };
    if is_too_short(run, expect, text.len()) {
        return Found::TooLittle;
    }
    Found::Matched(contains(&run.answer.body, &text))
}

/// A name or a value to compare with, its format made.
enum Ready<'p> {
    Exact(Vec<u8>),
    Begins(Vec<u8>),
    Ends(Vec<u8>),
    Contains(Vec<u8>),
    Regex(&'p state::regexp::Regex),
}

impl Ready<'_> {
    fn fits(&self, text: &[u8]) -> bool {
        match self {
            Ready::Exact(wanted) => text == wanted,
            Ready::Begins(wanted) => text.starts_with(wanted),
            Ready::Ends(wanted) => text.ends_with(wanted),
            Ready::Contains(wanted) => contains(text, wanted),
            Ready::Regex(regex) => regex.is_match(text),
        }
    }
}

/// Whether case is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fold {
    Lower,
    No,
}

/// `None` for a format that makes nothing.
fn ready<'p>(run: &mut Run<'_>, pattern: &'p CheckMatch, fold: Fold) -> Option<Ready<'p>> {
    let mut text = |text: &CheckText| {
        let mut made = run.text(text);
        if fold == Fold::Lower {
            made.make_ascii_lowercase();
        }
        (!made.is_empty() || matches!(text, CheckText::Fixed(_))).then_some(made)
    };
    Some(match pattern {
        CheckMatch::Exact(pattern) => Ready::Exact(text(pattern)?),
        CheckMatch::Begins(pattern) => Ready::Begins(text(pattern)?),
        CheckMatch::Ends(pattern) => Ready::Ends(text(pattern)?),
        CheckMatch::Contains(pattern) => Ready::Contains(text(pattern)?),
        CheckMatch::Regex(regex) => Ready::Regex(regex),
    })
}

fn search_header(run: &mut Run<'_>, header: &CheckHeader) -> Found {
    let Some(name) = ready(run, &header.name, Fold::Lower) else {
        return Found::Wrong(CheckStatus::L7Response, EMPTY_FORMAT);
    };
    let value = match &header.value {
        None => None,
        Some(value) => match ready(run, value, Fold::No) {
            Some(value) => Some(value),
            None => return Found::Wrong(CheckStatus::L7Response, EMPTY_FORMAT),
        },
    };
    let mut named = run.answer.head.fields.iter().filter(|(have, _)| name.fits(&have.to_ascii_lowercase()));
    Found::Matched(match &value {
        None => named.next().is_some(),
        Some(value) if header.is_full => named.any(|(_, have)| value.fits(have.trim_ascii())),
        Some(value) => named.any(|(_, have)| ::http::lists::elements(have).any(|part| value.fits(part))),
    })
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(haystack, needle).is_some()
}

/// Hexadecimal digits, in capitals.
fn to_hex(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| DIGITS[usize::from(nibble & 15)];
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}
