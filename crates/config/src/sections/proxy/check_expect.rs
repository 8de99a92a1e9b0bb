//! `tcp-check expect`, `http-check expect`: what a healthy server answers (chapter 4.2).

use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;
use state::check::CheckStatus;
use state::pattern::Case;
use state::regexp::Regex;
use syntax::Word;

use super::args;
use super::check_draft::Family;
use super::check_steps::{digits, expr, format};
use crate::context::ProxyParse;
use crate::model::{CheckAction, CheckCustom, CheckExpect, CheckHeader, CheckMatch, CheckPattern, CheckText};
use crate::sections::value;

pub(super) const TCP_PATTERNS: &[&str] =
    &["string", "rstring", "string-lf", "binary", "rbinary", "binary-lf", "custom"];
pub(super) const HTTP_PATTERNS: &[&str] =
    &["status", "rstatus", "string", "string-lf", "rstring", "hdr", "fhdr"];
/// Words that take one argument and say nothing of what is looked for.
pub(super) const SETTINGS: &[&str] = &[
    "min-recv",
    "comment",
    "ok-status",
    "error-status",
    "tout-status",
    "on-success",
    "on-error",
    "status-code",
];

/// An `expect` line.
pub(super) fn expect(
    words: &mut Words<'_>,
    parse: &mut ProxyParse<'_>,
    family: Family,
) -> Result<(), Problem> {
    words.clone().need("what is expected, as in `string +PONG`")?;
    let mut draft = Draft { family, pattern: None, comment: None, rest: CheckExpect::new(NOTHING) };
    while let Some(word) = words.next() {
        let marks = word.text.iter().take_while(|byte| **byte == b'!').count();
        draft.rest.is_negated ^= marks % 2 == 1;
        match &word.text[marks..] {
            b"" if marks > 0 => {}
            name if draft.patterns().iter().any(|known| known.as_bytes() == name) => {
                if draft.pattern.is_some() {
                    return Err(problem_of(codes::CONFLICT, word.span, "one pattern is enough"));
                }
                draft.pattern = Some(pattern(name, words, parse)?);
            }
            _ if marks == 0 && draft.setting(word, words, parse)? => {}
            _ => return Err(args::unexpected(word, &[draft.patterns(), SETTINGS].concat())),
        }
    }
    let Some(pattern) = draft.pattern else {
        let text = "a pattern is missing, as in `string +PONG`";
        return Err(problem_of(codes::MISSING_ARGUMENT, words.span(), text));
    };
    let action = CheckAction::Expect(Box::new(CheckExpect { pattern, ..draft.rest }));
    super::check_steps::add(parse, family, draft.comment, action)
}

/// Stands for the pattern until it is read.
const NOTHING: CheckPattern = CheckPattern::Status(Vec::new());

struct Draft {
    family: Family,
    pattern: Option<CheckPattern>,
    comment: Option<Box<[u8]>>,
    rest: CheckExpect,
}

impl Draft {
    fn patterns(&self) -> &'static [&'static str] {
        match self.family {
            Family::Tcp => TCP_PATTERNS,
            Family::Http => HTTP_PATTERNS,
        }
    }

    /// Reads a setting and its argument; false for another word.
    fn setting(
        &mut self,
        word: &Word,
        words: &mut Words<'_>,
        parse: &mut ProxyParse<'_>,
    ) -> Result<bool, Problem> {
        use CheckStatus::{
            L4Connection, L4Ok, L4Timeout, L6Ok, L6Response, L6Timeout, L7Ok, L7OkConditionally, L7Response,
            L7Status, L7Timeout,
        };
        let rest = &mut self.rest;
        match word.text.as_slice() {
            b"min-recv" => rest.min_recv = min_recv(words.need("the number of bytes")?, parse)?,
            b"comment" => self.comment = Some(value::bytes(words.need("the comment")?)),
            b"ok-status" => rest.ok_status = status(words, &[L4Ok, L6Ok, L7Ok, L7OkConditionally])?,
            b"error-status" => {
                let known = &[L4Connection, L6Response, L7Response, L7Status, L7OkConditionally];
                rest.error_status = status(words, known)?;
            }
            b"tout-status" => rest.timeout_status = status(words, &[L4Timeout, L6Timeout, L7Timeout])?,
            b"on-success" => rest.on_success = Some(format(words.need("the message")?, parse)?),
            b"on-error" => rest.on_error = Some(format(words.need("the message")?, parse)?),
            b"status-code" => rest.status_code = Some(expr(words.need("an expression")?, parse)?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// -1: none.
fn min_recv(word: &Word, parse: &mut ProxyParse<'_>) -> Result<Option<u32>, Problem> {
    let range = -1..=i64::from(i32::MAX);
    let bytes: i64 = value::number(word, "the number of bytes", range, parse.cx.diags)?;
    Ok(u32::try_from(bytes).ok())
}

/// One of some statuses, by its short name.
fn status(words: &mut Words<'_>, known: &[CheckStatus]) -> Result<Option<CheckStatus>, Problem> {
    let word = words.need("the status")?;
    let is_it = |status: &&CheckStatus| word.text.eq_ignore_ascii_case(status.name().as_bytes());
    match known.iter().find(is_it) {
        Some(status) => Ok(Some(*status)),
        None => Err(args::unexpected(word, &known.iter().map(|status| status.name()).collect::<Vec<_>>())),
    }
}

fn pattern(name: &[u8], words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<CheckPattern, Problem> {
    if name.ends_with(b"hdr") {
        let header = header(words, name == b"fhdr", parse)?;
        return Ok(CheckPattern::Header(Box::new(header)));
    }
    if name == b"custom" {
        return Ok(CheckPattern::Custom(CheckCustom::Anything));
    }
    let word = words.need("the pattern")?;
    Ok(match name {
        b"string" => CheckPattern::Text(value::bytes(word)),
        b"binary" => CheckPattern::Binary(digits(word)?),
        b"rstring" => CheckPattern::Regex(regex(word, Case::Sensitive)?),
        b"rbinary" => CheckPattern::BinaryRegex(regex(word, Case::Sensitive)?),
        b"string-lf" => CheckPattern::TextFormat(format(word, parse)?),
        b"binary-lf" => CheckPattern::BinaryFormat(format(word, parse)?),
        b"rstatus" => CheckPattern::StatusRegex(regex(word, Case::Sensitive)?),
        _ => CheckPattern::Status(statuses(word)?),
    })
}

fn regex(word: &Word, case: Case) -> Result<Regex, Problem> {
    Regex::new(&word.text, case).map_err(|error| sample::compile::regex_problem(word.span, &error))
}

/// Numbers and ranges.
fn statuses(word: &Word) -> Result<Vec<(u16, u16)>, Problem> {
    let refused = |part: &[u8]| {
        let part = base::Lossy(part);
        problem_of(
            codes::NUMBER,
            word.span,
            format!("`{part}` is no status: numbers and ranges are, as in `200,300-399`"),
        )
    };
    let number = |text: &[u8]| base::bytes::parse_decimal(text).and_then(|number| u16::try_from(number).ok());
    let mut ranges = Vec::new();
    for part in word.text.split(|byte| *byte == b',') {
        let mut ends = part.splitn(2, |byte| *byte == b'-').map(number);
        match (ends.next().flatten(), ends.next()) {
            (Some(only), None) => ranges.push((only, only)),
            (Some(low), Some(Some(high))) if low <= high => ranges.push((low, high)),
            _ => return Err(refused(part)),
        }
    }
    Ok(ranges)
}

const METHODS: &[&str] = &["str", "beg", "end", "sub", "reg"];

/// `{ name | name-lf } [ -m METHOD ] PATTERN [ { value | value-lf } [ -m METHOD ] PATTERN ]`.
fn header(words: &mut Words<'_>, is_full: bool, parse: &mut ProxyParse<'_>) -> Result<CheckHeader, Problem> {
    let word = words.need("`name` and the header's name")?;
    let is_format = value::choice(word, &["name", "name-lf"])? == 1;
    let name = matching(words, is_format, Case::Insensitive, parse)?;
    let value = match words.peek() {
        Some(word) if *word == "value" || *word == "value-lf" => {
            words.next();
            Some(matching(words, *word == "value-lf", Case::Sensitive, parse)?)
        }
        Some(_) | None => None,
    };
    Ok(CheckHeader { name, value, is_full })
}

fn matching(
    words: &mut Words<'_>,
    is_format: bool,
    case: Case,
    parse: &mut ProxyParse<'_>,
) -> Result<CheckMatch, Problem> {
    let method = match words.eat("-m") {
        true => value::choice(words.need("how to compare")?, METHODS)?,
        false => 0,
    };
    let word = words.need("the pattern")?;
    if METHODS[method] == "reg" {
        if is_format {
            let text = "a regular expression cannot be made by a format";
            return Err(problem_of(codes::CONFLICT, word.span, text));
        }
        return regex(word, case).map(CheckMatch::Regex);
    }
    let text =
        if is_format { CheckText::of(format(word, parse)?) } else { CheckText::Fixed(value::bytes(word)) };
    Ok(match METHODS[method] {
        "beg" => CheckMatch::Begins(text),
        "end" => CheckMatch::Ends(text),
        "sub" => CheckMatch::Contains(text),
        _ => CheckMatch::Exact(text),
    })
}
