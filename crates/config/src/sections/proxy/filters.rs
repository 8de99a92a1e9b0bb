//! `filter`, and words for parts that are not there yet (chapters 4.2 and 9), which are checked as far as their form goes.

use diag::codes;
use keyword::{Built, Sections};
use rules::Words;
use sample::Problem;
use sample::compile::{Names, problem_of};
use state::bandwidth::Direction;
use syntax::Word;

use super::rows::usage;
use super::{args, bandwidth, compression};
use crate::context::ProxyParse;
use crate::row::ProxyRow;
use crate::sections::bind::FrontendUse;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "filter",
        Sections::PROXIES,
        filter,
        "something that looks at, or changes, what passes",
        usage![
            "filter trace",
            "filter compression",
            "filter cache images",
            "filter bwlim-out slow default-limit 1m default-period 1s min-size 2896"
        ],
    ),
    ProxyRow::new(
        "filter-sequence",
        Sections::PROXIES,
        sequence,
        "the order of filters",
        usage!["filter-sequence request compression"],
    )
    .noted(),
    ProxyRow::new(
        "use-fcgi-app",
        Sections::SERVER_SIDE,
        fcgi,
        "the FastCGI application behind the servers",
        usage!["use-fcgi-app php"],
    )
    .refused(),
    ProxyRow::new(
        "ssl-f-use",
        Sections::CLIENT_SIDE,
        certificate,
        "a certificate for the TLS binds of this proxy",
        usage!["ssl-f-use crt site.pem"],
    )
    .also(&["crt"]),
];

/// The filters: what each does, and how far it is carried out.
pub(super) static FILTERS: &[(&str, Built, &str)] = &[
    ("trace", Built::Noted, "tells of every step of an exchange, for those who look for faults"),
    ("compression", Built::Working, "compresses bodies, as `compression` lines say"),
    ("comp-req", Built::Working, "compresses the bodies of requests"),
    ("comp-res", Built::Working, "compresses the bodies of responses"),
    ("cache", Built::Noted, "keeps responses in a `cache` section, and answers from it"),
    ("bwlim-in", Built::Working, "limits how fast requests pass"),
    ("bwlim-out", Built::Working, "limits how fast responses pass"),
    ("spoe", Built::Refused, "asks an agent over SPOP"),
    ("fcgi-app", Built::Refused, "speaks FastCGI with servers"),
    ("opentracing", Built::Noted, "sends traces by OpenTracing"),
    ("opentelemetry", Built::Noted, "sends traces, figures and logs by OpenTelemetry"),
];

fn filter(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("the filter's name")?;
    match word.text.as_slice() {
        b"compression" | b"comp-req" | b"comp-res" => {
            words.done()?;
            compression::filter(word, parse)?;
        }
        b"cache" => named(words.need("the cache's name")?, Sections::CACHE, parse)?,
        b"fcgi-app" => named(words.need("the application's name")?, Sections::FCGI_APP, parse)?,
        b"spoe" => spoe(words, parse)?,
        b"bwlim-in" => bandwidth::filter(words, Direction::In, parse)?,
        b"bwlim-out" => bandwidth::filter(words, Direction::Out, parse)?,
        _ => drop(words.take_rest()),
    }
    let built = match FILTERS.iter().find(|(name, ..)| *word == **name) {
        Some((_, built, _)) => *built,
        None if word.text.starts_with(b"lua.") => Built::Refused,
        None => {
            let names: Vec<&str> = FILTERS.iter().map(|(name, ..)| *name).collect();
            return Err(args::unexpected(word, &names));
        }
    };
    if !word.text.starts_with(b"comp") {
        compression::note_other(word, parse);
    }
    parse.tell_built(built, &format!("filter {}", word.lossy()));
    Ok(())
}

/// Checks that the section that a word names is there.
fn named(word: &Word, kind: Sections, parse: &ProxyParse<'_>) -> Result<(), Problem> {
    if parse.cx.names.has_section(kind, &word.text) {
        return Ok(());
    }
    let name = word.lossy().to_string();
    let mut problem =
        problem_of(codes::UNKNOWN_SECTION, word.span, format!("there is no {kind} section `{name}`"));
    let known: Vec<String> = parse.cx.names.section_names(kind).collect();
    problem.suggestion = diag::nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
    Err(problem)
}

/// `filter spoe [engine NAME] config FILE`.
fn spoe(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let mut has_file = false;
    while let Some(word) = words.next() {
        match word.text.as_slice() {
            b"engine" => drop(words.need("the engine's name")?),
            b"config" => {
                let path = words.need("the file")?;
                parse
                    .cx
                    .names
                    .file(&path.text)
                    .map_err(|error| problem_of(codes::FILE_UNREADABLE, path.span, error))?;
                has_file = true;
            }
            _ => return Err(args::unexpected(word, &["engine", "config"])),
        }
    }
    if !has_file {
        return Err(problem_of(
            codes::MISSING_ARGUMENT,
            words.span(),
            "`filter spoe` needs `config` and its file",
        ));
    }
    Ok(())
}

fn sequence(words: &mut Words<'_>, _: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("`request` or `response`")?;
    if *word != "request" && *word != "response" {
        return Err(args::unexpected(word, &["request", "response"]));
    }
    words.need("the filters' names")?;
    words.done()
}

fn fcgi(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    named(words.need("the application's name")?, Sections::FCGI_APP, parse)?;
    words.done()
}

fn certificate(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let one = FrontendUse::read(words.take_rest(), parse.span, parse)?;
    parse.scratch.frontend_uses.push(one);
    Ok(())
}
