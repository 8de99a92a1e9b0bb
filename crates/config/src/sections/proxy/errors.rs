//! Answers to errors: `errorfile`, `errorfiles`, `errorloc*`, `http-error` (chapter 4.2).

use std::sync::Arc;

use diag::codes;
use rules::reply::{Reply, StoredMessage};
use rules::{Kinds, Words};
use sample::Problem;
use sample::compile::{Names, problem, problem_of};
use syntax::Word;

use super::rows::{ANY, usage};
use crate::context::ProxyParse;
use crate::row::ProxyRow;

pub(super) static ROWS: &[ProxyRow] = &[
    ProxyRow::new(
        "errorfile",
        ANY,
        errorfile,
        "a file that is sent instead of HAProxy's message for a status",
        usage!["errorfile 408 /dev/null"],
    )
    .long("The file holds a whole response: status line, fields, an empty line, body. An empty file closes the connection without a byte."),
    ProxyRow::new(
        "errorfiles",
        ANY,
        errorfiles,
        "takes messages from an `http-errors` section",
        usage!["errorfiles pages", "errorfiles pages 403 503"],
    ),
    ProxyRow::new(
        "errorloc",
        ANY,
        |w, p| errorloc(w, p, 302),
        "where clients are sent instead of an error with a status",
        usage!["errorloc 503 http://www.example.com/sorry"],
    )
    .also(&["errorloc302"]),
    ProxyRow::new(
        "errorloc303",
        ANY,
        |w, p| errorloc(w, p, 303),
        "sends clients elsewhere with status 303, after which they use GET",
        usage!["errorloc303 503 http://www.example.com/sorry"],
    ),
    ProxyRow::new(
        "http-error",
        ANY,
        http_error,
        "the message for a status, written here",
        usage!["http-error status 503 content-type text/plain string \"come back later\""],
    ),
];

/// The statuses that HAProxy has messages for.
const STATUSES: &[u16] = &[
    200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 414, 421, 422, 425, 429, 431, 500, 501, 502, 503, 504,
];

/// Reads a status that a message can be set for.
pub(crate) fn status(word: &Word) -> Result<u16, Problem> {
    let number = base::bytes::parse_decimal(&word.text).and_then(|number| u16::try_from(number).ok());
    number.filter(|status| STATUSES.contains(status)).ok_or_else(|| {
        let mut problem =
            problem(word.span, format!("`{}` is no status that has an error message", word.lossy()));
        let known: Vec<String> = STATUSES.iter().map(u16::to_string).collect();
        problem.notes.push(format!("these have: {}", known.join(", ")));
        problem
    })
}

fn set(status: u16, reply: Arc<Reply>, parse: &mut ProxyParse<'_>) {
    parse.proxy.errors.messages.insert(status, reply);
}

fn errorfile(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let status = status(words.need("the status")?)?;
    let path = words.need("the file")?;
    words.done()?;
    let bytes = parse.cx.names.file(&path.text).map_err(|error| {
        problem_of(codes::FILE_UNREADABLE, path.span, format!("`{}` cannot be read: {error}", path.lossy()))
    })?;
    let message = rules::reply::file::parse(&bytes).map_err(|error| {
        problem_of(codes::FILE_MALFORMED, path.span, format!("`{}` {error}", path.lossy()))
    })?;
    set(status, Arc::new(Reply::Stored(Arc::new(message))), parse);
    Ok(())
}

fn errorfiles(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let word = words.need("the name of an `http-errors` section")?;
    let Some(table) = parse.cx.names.http_errors(&word.text) else {
        let name = word.lossy().to_string();
        let mut problem = problem_of(
            codes::UNKNOWN_SECTION,
            word.span,
            format!("there is no `http-errors` section `{name}`"),
        );
        let known: Vec<String> = parse.cx.names.http_errors_names().collect();
        problem.suggestion = diag::nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
        return Err(problem);
    };
    let wanted: Vec<u16> = words.take_rest().iter().map(status).collect::<Result<_, _>>()?;
    for (status, reply) in &table.messages {
        if wanted.is_empty() || wanted.contains(status) {
            set(*status, reply.clone(), parse);
        }
    }
    Ok(())
}

fn errorloc(words: &mut Words<'_>, parse: &mut ProxyParse<'_>, redirection: u16) -> Result<(), Problem> {
    let status = status(words.need("the status")?)?;
    let location = words.need("the address to go to")?;
    words.done()?;
    set(status, Arc::new(Reply::Stored(Arc::new(sent_to(&location.text, redirection)))), parse);
    Ok(())
}

/// A redirection to `location` with status 302 or 303.
fn sent_to(location: &[u8], redirection: u16) -> StoredMessage {
    let mut message = StoredMessage::default();
    let head = &mut message.head;
    head.start_response(http::message::Version::Http11, redirection, None);
    head.fields.push(b"Cache-Control", b"no-cache");
    head.fields.push(b"Content-length", b"0");
    head.fields.push(b"Location", location);
    message
}

fn http_error(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let given = words.rest().windows(2).find(|pair| pair[0] == "status");
    let Some([_, number]) = given else {
        return Err(problem_of(
            codes::MISSING_ARGUMENT,
            parse.span,
            "the status is missing, as in `status 503`",
        ));
    };
    let status = status(number)?;
    let place = parse.request_place();
    let reply = parse.compile_action(place, Kinds::HTTP_REQUEST, number.span, |compile| {
        rules::actions::answer(words, status, compile)
    })?;
    words.done()?;
    set(status, reply, parse);
    Ok(())
}
