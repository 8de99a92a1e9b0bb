//! `log <target> [len N] [format F] [sample RANGES:SIZE] [profile P] <facility> [LEVEL [MINLEVEL]]`, wherever it
//! stands (configuration manual, chapter 4.2 "log"). `log global` and `no log` are the caller's business.

use diag::codes;
use keyword::Sections;
use logs::{Facility, Format, Level, Sample};
use rules::Words;
use sample::Problem;
use sample::compile::{Names, problem, problem_of};
use state::proxy::Sides;
use syntax::Word;

use super::value;
use crate::address::{self, LogPlace};
use crate::context::Context;
use crate::model::{LogLine, LogTarget};
use crate::names::NameTable;

/// A ring that exists without a section.
const BUILT_IN_RING: &str = "buf0";

/// Parses the words behind `log`.
///
/// # Errors
/// What is wrong with the target, an option, the facility or a level.
pub(crate) fn parse(words: &mut Words<'_>, cx: &mut Context<'_>) -> Result<LogLine, Problem> {
    let target_word = words.need("the target, an address or `stdout`, `ring@NAME` and the like,")?;
    let place = address::log_target(target_word)?;
    check_target(&place, target_word, cx.names)?;
    let mut line = LogLine {
        target: place.target,
        facility: Facility::Local0,
        level_max: Level::Debug,
        level_min: Level::Emerg,
        format: None,
        bytes_max: logs::LEN_DEFAULT,
        sample: None,
        is_stream: place.is_stream,
        profile: None,
        span: words.line().span,
    };
    options(words, &mut line, cx)?;
    facility_and_levels(words, &mut line)?;
    words.done()?;
    Ok(line)
}

fn check_target(place: &LogPlace, word: &Word, names: &NameTable) -> Result<(), Problem> {
    match &place.target {
        LogTarget::Ring(name) if &**name != BUILT_IN_RING && !names.has_ring(name.as_bytes()) => {
            let known: Vec<String> = names.ring_names().collect();
            Err(unknown(word, "ring", name, &known))
        }
        LogTarget::Backend(name) if names.proxy(name.as_bytes(), Sides::Backend).is_none() => {
            Err(unknown(word, "backend", name, &names.proxy_names()))
        }
        LogTarget::Udp(_)
        | LogTarget::UdpName { .. }
        | LogTarget::Unix(_)
        | LogTarget::Abstract(_)
        | LogTarget::Fd(_)
        | LogTarget::Ring(_)
        | LogTarget::Backend(_) => Ok(()),
    }
}

fn unknown(word: &Word, kind: &str, name: &str, known: &[String]) -> Problem {
    let mut problem = problem_of(codes::UNKNOWN_SECTION, word.span, format!("no {kind} is called `{name}`"));
    problem.suggestion =
        diag::nearest(name, known.iter().map(String::as_str)).map(|name| format!("{kind}@{name}"));
    problem
}

/// HAProxy wants the options in this order.
fn options(words: &mut Words<'_>, line: &mut LogLine, cx: &mut Context<'_>) -> Result<(), Problem> {
    if words.eat("len") {
        let range =
            i64::try_from(logs::LEN_MIN).unwrap_or(0)..=i64::try_from(logs::LEN_MAX).unwrap_or(i64::MAX);
        line.bytes_max =
            value::number(words.need("the length")?, "the length of a log line", range, cx.diags)?;
    }
    if words.eat("format") {
        let word = words.need("the format")?;
        let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
        line.format = Some(Format::ALL[value::choice(word, &names)?]);
    }
    if words.eat("sample") {
        let word = words.need("what is sampled, as in `1,3:5`,")?;
        let sample = Sample::parse(&word.text).map_err(|error| problem(word.span, error.to_string()))?;
        line.sample = Some(sample);
    }
    if words.eat("profile") {
        let word = words.need("the name of the log-profile section")?;
        let known = || cx.names.section_names(Sections::LOG_PROFILE).collect::<Vec<_>>();
        let found = cx.names.log_profile(&word.text);
        line.profile = Some(found.ok_or_else(|| {
            let name = word.lossy().to_string();
            let text = format!("no log-profile is called `{name}`");
            let mut problem = problem_of(codes::UNKNOWN_SECTION, word.span, text);
            problem.suggestion = diag::nearest(&name, known().iter().map(String::as_str)).map(str::to_owned);
            problem
        })?);
    }
    Ok(())
}

fn facility_and_levels(words: &mut Words<'_>, line: &mut LogLine) -> Result<(), Problem> {
    let word = words.need("the facility, as in `local0`,")?;
    let facilities: Vec<&str> = Facility::ALL.iter().map(|facility| facility.name()).collect();
    line.facility = Facility::parse(&word.text).ok_or_else(|| {
        let text = word.lossy().to_string();
        let mut problem = problem_of(codes::CHOICE, word.span, format!("`{text}` is no syslog facility"));
        problem.suggestion = diag::nearest(&text, facilities.iter().copied()).map(str::to_owned);
        problem
            .notes
            .push("the options before it stand in the order `len`, `format`, `sample`, `profile`".to_owned());
        problem
    })?;
    if let Some(word) = words.next() {
        line.level_max = level(word)?;
    }
    if let Some(word) = words.next() {
        line.level_min = level(word)?;
    }
    Ok(())
}

fn level(word: &Word) -> Result<Level, Problem> {
    let names: Vec<&str> = Level::ALL.iter().map(|level| level.name()).collect();
    Ok(Level::ALL[value::choice(word, &names)?])
}
