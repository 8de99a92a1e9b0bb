//! `log-format`, `log-format-sd`, `error-log-format`, `unique-id-format`, `unique-id-header`, `log-steps` (chapters 4.2
//! and 8.2.6).

use diag::{Diagnostic, codes};
use rules::Words;
use sample::compile::problem;
use sample::logformat::{LogFormat, Style};
use sample::{Place, Problem};

use super::args;
use super::blanks;
use super::rows::{ANY, CLIENT, usage};
use crate::context::{Pass, ProxyParse};
use crate::model::{FormatChoice, LogOrigin, LogSteps};
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "log-format",
        ANY,
        log_format,
        "what a log line says",
        usage!["log-format \"%ci:%cp [%t] %ft %b/%s %ST %B\""],
    ),
    ProxyRow::new(
        "log-format-sd",
        ANY,
        log_format_sd,
        "the structured data of log lines in the RFC 5424 format",
        usage!["log-format-sd [exampleSDID@1234\\ client=\\\"%ci\\\"]"],
    ),
    ProxyRow::new(
        "error-log-format",
        ANY,
        error_log_format,
        "what the log says of connections that failed before a request",
        usage!["error-log-format \"%ci:%cp [%t] %ft\""],
    ),
    ProxyRow::new(
        "unique-id-format",
        ANY,
        unique_id_format,
        "how requests are numbered",
        usage!["unique-id-format %{+X}o\\ %ci:%cp_%fi:%fp_%Ts_%rt:%pid"],
    ),
    ProxyRow::new(
        "unique-id-header",
        ANY,
        unique_id_header,
        "the header in which servers are told the number",
        usage!["unique-id-header X-Unique-ID"],
    ),
    ProxyRow::new(
        "log-steps",
        CLIENT,
        log_steps,
        "the steps at which a log line is written",
        usage!["log-steps accept,close"],
    ),
];

/// Sets the log format to `text`; `by` is what asked for it.
pub(super) fn choose(
    text: &[u8],
    choice: fn(LogFormat) -> FormatChoice,
    by: &'static str,
    parse: &mut ProxyParse<'_>,
) -> Result<(), Problem> {
    let span = parse.span;
    let format =
        parse.compile(Place::Log, span, |compile, _| LogFormat::compile(text, Style::Log, compile))?;
    if let Some(earlier) = parse.scratch.log_format_by.filter(|_| parse.pass == Pass::Defaults) {
        parse.warn(format!("`{by}` replaces `{earlier}` of this defaults section"));
    }
    warn_in_backend(by, parse);
    parse.scratch.log_format_by = Some(by);
    parse.proxy.log_format = choice(format);
    Ok(())
}

fn warn_in_backend(keyword: &str, parse: &mut ProxyParse<'_>) {
    if !parse.proxy.sides.has_frontend() && parse.pass == Pass::Own {
        parse.warn(format!("`{keyword}` has no effect in a backend: frontends write the log"));
    }
}

/// The argument of a format keyword. Where blanks were left unprotected, the rest of the line is taken.
fn format_text(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<Vec<u8>, Problem> {
    let word = words.need("the format")?;
    if words.peek().is_none() {
        return Ok(word.text.clone());
    }
    let from = words.position() - 1;
    let text = blanks::rejoined(&words.line().words[from..]);
    words.take_rest();
    if parse.pass != Pass::Inherited {
        let quoted = base::Lossy(&syntax::quoted(&text)).to_string();
        let before = args::joined(&words.line().words[..from]);
        let warning = Diagnostic::warning(
            "the rest of the line is taken as the format, as its blanks are not protected",
        )
        .at(super::across(&words.line().words[from..]))
        .code(codes::LOG_FORMAT_BLANKS)
        .note(format!("written so that every HAProxy reads it: {} {quoted}", base::Lossy(&before)));
        parse.cx.diags.push(warning);
    }
    Ok(text)
}

fn log_format(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let span = words.span();
    let text = format_text(words, parse)?;
    choose(&text, FormatChoice::Custom, "log-format", parse).map_err(|problem| moved(problem, parse, span))
}

/// The problem of a format, which points at the keyword, at the format itself.
fn moved(mut problem: Problem, parse: &ProxyParse<'_>, span: diag::Span) -> Problem {
    if problem.span == Some(parse.span) {
        problem.span = Some(span);
    }
    problem
}

fn compiled(
    words: &mut Words<'_>,
    parse: &mut ProxyParse<'_>,
    style: Style,
    place: Place,
) -> Result<LogFormat, Problem> {
    let span = words.span();
    let text = format_text(words, parse)?;
    parse.compile(place, span, |compile, _| LogFormat::compile(&text, style, compile))
}

fn log_format_sd(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.log_format_sd = Some(compiled(words, parse, Style::Log, Place::Log)?);
    warn_in_backend("log-format-sd", parse);
    Ok(())
}

fn error_log_format(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.error_log_format = Some(compiled(words, parse, Style::Log, Place::Log)?);
    warn_in_backend("error-log-format", parse);
    Ok(())
}

fn unique_id_format(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let place = parse.request_place();
    parse.proxy.unique_id_format = Some(compiled(words, parse, Style::UniqueId, place)?);
    Ok(())
}

fn unique_id_header(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    parse.proxy.unique_id_header = Some(words.need("the header's name")?.text.as_slice().into());
    args::ignore_rest(words, parse);
    Ok(())
}

fn log_steps(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("steps")?;
    let known = || LogOrigin::STEPS.into_iter().chain(LogOrigin::RULESETS);
    let mut steps = LogSteps::default();
    if word.text == b"all" {
        steps = known().fold(steps, LogSteps::with);
    } else {
        for step in word.text.split(|byte| *byte == b',').filter(|step| !step.is_empty()) {
            let Some(origin) = known().find(|origin| origin.step().as_bytes() == step) else {
                let text = base::Lossy(step).to_string();
                let mut problem = problem(word.span, format!("`{text}` is no step of an exchange"));
                let names = known().map(LogOrigin::step).chain(std::iter::once("all"));
                problem.suggestion = diag::nearest(&text, names).map(str::to_owned);
                return Err(problem);
            };
            steps = steps.with(origin);
        }
    }
    parse.proxy.log_steps = Some(steps);
    words.done()
}
