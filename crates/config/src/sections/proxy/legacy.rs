//! `reqrep`, `rsprep` and their family: rules on whole header lines, known to HAProxy up to 2.0.

use diag::{Diagnostic, Span, codes};
use keyword::Sections;
use rules::{Kinds, Rule, Words};
use sample::compile::problem_of;
use sample::{Place, Problem};
use syntax::{Line, Word};

use super::order::{self, Step};
use super::rows::usage;
use super::{args, blanks};
use crate::context::{Pass, ProxyParse};
use crate::row::ProxyRow;

/// `legacy!("name", Side, arguments, "modern", "brief", "example")`: one row of the family.
macro_rules! legacy {
    ($name:literal, $side:ident, $arguments:literal, $modern:literal, $brief:literal, $example:literal) => {
        ProxyRow::new(
            $name,
            Sections::PROXIES,
            |words, parse| {
                rule(words, parse, &Keyword { name: $name, side: Side::$side, arguments: $arguments })
            },
            $brief,
            usage![$example],
        )
        .removed($modern)
    };
}

/// Which head a rule works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Request,
    Response,
}

/// One keyword of the family.
struct Keyword {
    name: &'static str,
    side: Side,
    /// How many words stand before the condition.
    arguments: usize,
}

pub(super) static ROWS: &[ProxyRow] = &[
    legacy!(
        "reqrep",
        Request,
        2,
        "http-request replace-header, replace-path or replace-uri",
        "replaces what a regular expression finds in a line of the request's head",
        "reqrep ^([^\\ :]*)\\ /static/(.*) \\1\\ /\\2"
    )
    .also(&["cliexp"]),
    legacy!(
        "reqirep",
        Request,
        2,
        "http-request replace-header, replace-path or replace-uri",
        "replaces request lines that match, whatever their case",
        "reqirep ^Host:\\ www.(.*) Host:\\ \\1 if { path_beg /x }"
    ),
    legacy!(
        "reqdel",
        Request,
        1,
        "http-request del-header NAME",
        "deletes the header lines that a regular expression matches",
        "reqdel ^X-Forwarded-For:.*"
    ),
    legacy!(
        "reqidel",
        Request,
        1,
        "http-request del-header NAME",
        "removes header lines that match, whatever their case",
        "reqidel ^x-a:"
    ),
    legacy!(
        "reqadd",
        Request,
        1,
        "http-request add-header NAME VALUE",
        "adds a header line to the request",
        "reqadd X-Proto:\\ SSL if { dst_port 443 }"
    ),
    legacy!(
        "reqallow",
        Request,
        1,
        "http-request allow if CONDITION",
        "lets requests pass with a line that matches",
        "reqallow ^Host:\\ www\\."
    ),
    legacy!(
        "reqiallow",
        Request,
        1,
        "http-request allow if CONDITION",
        "lets requests pass whose lines match, whatever their case",
        "reqiallow ^host:\\ w"
    ),
    legacy!(
        "reqdeny",
        Request,
        1,
        "http-request deny if CONDITION",
        "refuses requests with a line that matches",
        "reqdeny ^Host:\\ .*\\.local"
    ),
    legacy!(
        "reqideny",
        Request,
        1,
        "http-request deny if CONDITION",
        "refuses requests whose lines match, whatever their case",
        "reqideny ^host:\\ l"
    ),
    legacy!(
        "reqpass",
        Request,
        1,
        "http-request allow if CONDITION",
        "takes lines that match from the rules below",
        "reqpass ^Host:\\ .*\\.local"
    ),
    legacy!(
        "reqipass",
        Request,
        1,
        "http-request allow if CONDITION",
        "stops the rules for requests whose lines match, whatever their case",
        "reqipass ^host:\\ l"
    ),
    legacy!(
        "reqtarpit",
        Request,
        1,
        "http-request tarpit if CONDITION",
        "refuses requests with a line that matches, after a while",
        "reqtarpit ^User-Agent:\\ badbot"
    ),
    legacy!(
        "reqitarpit",
        Request,
        1,
        "http-request tarpit if CONDITION",
        "answers requests late whose lines match, whatever their case",
        "reqitarpit ^ua:\\ b"
    ),
    legacy!(
        "rsprep",
        Response,
        2,
        "http-response replace-header",
        "replaces what a regular expression finds in a line of the response's head",
        "rsprep ^Location:\\ http://(.*) Location:\\ https://\\1"
    )
    .also(&["srvexp"]),
    legacy!(
        "rspirep",
        Response,
        2,
        "http-response replace-header",
        "replaces lines of responses that match, whatever their case",
        "rspirep ^Set-Cookie:\\ (appsession.*) Set-Cookie:\\ \\1;\\ HttpOnly"
    ),
    legacy!(
        "rspdel",
        Response,
        1,
        "http-response del-header NAME",
        "deletes the header lines that a regular expression matches",
        "rspdel ^Server:"
    ),
    legacy!(
        "rspidel",
        Response,
        1,
        "http-response del-header NAME",
        "removes header lines of responses that match, whatever their case",
        "rspidel ^via:"
    ),
    legacy!(
        "rspadd",
        Response,
        1,
        "http-response add-header NAME VALUE",
        "adds a header line to the response",
        "rspadd X-Via:\\ proxy"
    ),
    legacy!(
        "rspdeny",
        Response,
        1,
        "http-response deny if CONDITION",
        "blocks responses with a line that matches",
        "rspdeny ^Content-Type:\\ application/octet-stream"
    ),
    legacy!(
        "rspideny",
        Response,
        1,
        "http-response deny if CONDITION",
        "refuses responses whose lines match, whatever their case",
        "rspideny ^content"
    ),
];

fn rule(words: &mut Words<'_>, parse: &mut ProxyParse<'_>, keyword: &Keyword) -> Result<(), Problem> {
    let line = mended(words, parse, keyword.arguments)?;
    let mut mended = Words::new(&line, words.position());
    let words = &mut mended;
    let (place, kind) = match keyword.side {
        Side::Request => (parse.request_place(), Kinds::HTTP_REQUEST),
        Side::Response => (Place::Response, Kinds::HTTP_RESPONSE),
    };
    let span = words.span();
    let action = parse
        .compile_action(place, kind, span, |compile| rules::legacy::compile(keyword.name, words, compile))?;
    let condition = args::condition(words, place, parse)?;
    if keyword.side == Side::Request {
        order::note_rule(Step::Legacy, keyword.name, parse);
    }
    add(Rule { condition, action, place: span.into() }, parse, keyword);
    Ok(())
}

/// Lines are added when all other rules have run.
fn add(rule: Rule, parse: &mut ProxyParse<'_>, keyword: &Keyword) {
    let (ruleset, adds) = match keyword.side {
        Side::Request => (&mut parse.proxy.rules.legacy_request, &mut parse.scratch.request_adds),
        Side::Response => (&mut parse.proxy.rules.legacy_response, &mut parse.scratch.response_adds),
    };
    if keyword.name.ends_with("add") {
        *adds += 1;
        ruleset.rules.push(rule);
    } else {
        let at = ruleset.rules.len() - *adds;
        ruleset.rules.insert(at, rule);
    }
}

/// Adds a rule to those for requests.
pub(super) fn add_request(rule: Rule, parse: &mut ProxyParse<'_>) {
    add(rule, parse, &Keyword { name: "reqsetbe", side: Side::Request, arguments: 2 });
}

/// The line with a torn bracket expression in one piece; the keyword takes so many `arguments`.
pub(super) fn mended(
    words: &Words<'_>,
    parse: &mut ProxyParse<'_>,
    arguments: usize,
) -> Result<Line, Problem> {
    let mut line = words.line().clone();
    let at = words.position();
    let pieces = blanks::torn(&line.words[at.min(line.words.len())..]);
    if pieces > 1 {
        let merged = blanks::merged(&line.words[at..at + pieces]);
        line.words.splice(at..at + pieces, [merged.clone()]);
        if parse.pass != Pass::Inherited {
            let text =
                "the blank within the brackets splits this regular expression; it is put together again";
            let note = format!("written so that every HAProxy reads it: {}", blanks::rewritten(&line.words));
            parse
                .cx
                .diags
                .push(Diagnostic::warning(text).at(merged.span).code(codes::TORN_BRACKET).note(note));
        }
    }
    stray_blank(&line, at, arguments).map_or(Ok(line), Err)
}

/// Too many words before the condition: the first blank between them is the one that was not protected.
fn stray_blank(line: &Line, at: usize, arguments: usize) -> Option<Problem> {
    let given = line.words.get(at..)?;
    let condition = given.iter().position(|word| *word == "if" || *word == "unless").unwrap_or(given.len());
    let (given, rest) = given.split_at(condition);
    if given.len() <= arguments {
        return None;
    }
    let corrected = correction(given, arguments);
    let mut words: Vec<Word> = line.words[..at].to_vec();
    words.extend(corrected);
    words.extend_from_slice(rest);
    let left = given[0].span;
    let blank = Span { column: left.column + left.len, len: 1, ..left };
    let mut problem = problem_of(
        codes::STRAY_BLANK,
        blank,
        "this blank ends the argument; a blank that belongs to it is written `\\ `",
    );
    problem.notes.push(format!("probably meant: {}", blanks::rewritten(&words)));
    Some(problem)
}

/// The words put together so that there are as many as the keyword takes.
fn correction(given: &[Word], arguments: usize) -> Vec<Word> {
    if arguments == 1 {
        return vec![blanks::merged(given)];
    }
    let split = split_at(given);
    vec![blanks::merged(&given[..split]), blanks::merged(&given[split..])]
}

/// Where the replacement begins: behind the one gap that is wider than the others, else at the word that the
/// expression began with (a header's name), else at the last word.
fn split_at(given: &[Word]) -> usize {
    let gaps: Vec<usize> = given.windows(2).map(|pair| blanks::gap(pair[0].span, pair[1].span)).collect();
    let widest = gaps.iter().copied().max().unwrap_or(1);
    if widest > 1 && gaps.iter().filter(|gap| **gap == widest).count() == 1 {
        return gaps.iter().position(|gap| *gap == widest).map_or(1, |at| at + 1);
    }
    let name = given[0].text.strip_prefix(b"^").unwrap_or(&given[0].text);
    let repeated = given.iter().skip(1).position(|word| word.text.eq_ignore_ascii_case(name));
    repeated.map_or(given.len() - 1, |at| at + 1)
}
