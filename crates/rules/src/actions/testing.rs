//! Support for the tests of actions: rules as they are written, and messages to run them on.

use std::sync::Arc;

use base::ProxyId;
use diag::{Diagnostics, FileId, Sources, Span};
use http::message::Version as HttpVersion;
use sample::compile::Uses;
use sample::testing::{TestNames, txn};
use sample::txn::Presence;
use sample::{Compile, Message, Names, Place, Problem, Txn};
use state::bandwidth::{Direction, Flow};
use state::proxy::Mode;
use syntax::{Environment, Line, NoFacts, Reader};

use crate::acl::AclTable;
use crate::action::{Action, ActionCompile, CaptureSlots, ErrorNames, Kinds, Outcome};
use crate::bandwidth::{BandwidthFilter, BandwidthNames, Pace};
use crate::reply::{ErrorTable, Reply};
use crate::words::Words;

/// Names of a tiny configuration: one `http-errors` section, `errs`, which has a 404, and `resolvers dns`.
struct Errors;

impl ErrorNames for Errors {
    fn http_errors(&self, name: &[u8]) -> Option<Arc<ErrorTable>> {
        let mut table = ErrorTable::default();
        table.messages.insert(404, Arc::new(Reply::Error(410)));
        (name == b"errs").then(|| Arc::new(table))
    }

    fn resolvers(&self, name: &[u8]) -> Option<usize> {
        (name == b"dns").then_some(0)
    }
}

/// Cuts one line of configuration into words.
pub(crate) fn line(text: &str) -> Line {
    let mut sources = Sources::new();
    let file = sources.add("test", text.as_bytes().to_vec());
    let mut diags = Diagnostics::new();
    let line = Reader::new(&sources, file).next(&mut Environment::new(), &NoFacts, &mut diags);
    line.unwrap_or_else(|| panic!("`{text}` is no line: {diags:?}"))
}

pub(crate) fn place(kind: Kinds) -> Place {
    match kind {
        Kinds::TCP_CONNECTION => Place::TcpConnection,
        Kinds::TCP_SESSION => Place::TcpSession,
        Kinds::TCP_CONTENT => Place::TcpContent,
        Kinds::TCP_RESPONSE => Place::TcpResponse,
        Kinds::HTTP_RESPONSE => Place::Response,
        Kinds::HTTP_AFTER => Place::AfterResponse,
        _ => Place::Request,
    }
}

/// What compiling a rule gave.
pub(crate) struct Compiled {
    pub(crate) action: Box<dyn Action>,
    pub(crate) captures: CaptureSlots,
    pub(crate) warnings: Vec<String>,
}

/// Compiles a rule without its ruleset's name; the error is its message.
pub(crate) fn try_compile(kind: Kinds, text: &str) -> Result<Compiled, String> {
    try_compile_with(kind, text, &TestNames::default())
}

/// The same with these names.
pub(crate) fn try_compile_with(kind: Kinds, text: &str, names: &TestNames) -> Result<Compiled, String> {
    try_compile_in(kind, text, names)
}

/// The same with names of any sort.
pub(crate) fn try_compile_in(kind: Kinds, text: &str, names: &dyn Names) -> Result<Compiled, String> {
    let line = line(text);
    let mut words = Words::new(&line, 0);
    let (acls, mut captures) = (AclTable::new(), CaptureSlots::default());
    let mut uses = Uses::default();
    let mut diags = Diagnostics::new();
    let mut sample = Compile {
        place: place(kind),
        proxy: Some(ProxyId(0)),
        mode: Mode::Http,
        names,
        diags: &mut diags,
        uses: &mut uses,
        span: Span::line(FileId(0), 1),
    };
    let mut bandwidth = BandwidthNames::default();
    let pace = Pace::Stream(Flow { bytes: 1_000, period_ms: 2_000 });
    let filter = BandwidthFilter { direction: Direction::Out, pace, bytes_min: 0 };
    bandwidth.declare(ProxyId(0), b"per-stream", filter);
    let mut compile = ActionCompile {
        sample: &mut sample,
        kind,
        acls: &acls,
        errors: &Errors,
        captures: &mut captures,
        bandwidth: &mut bandwidth,
    };
    let action = compile_rule(&mut words, &mut compile);
    let warnings = diags.iter().map(|d| d.message.clone()).collect();
    action.map(|action| Compiled { action, captures, warnings }).map_err(|problem| problem.message)
}

fn compile_rule(
    words: &mut Words<'_>,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<Box<dyn Action>, Problem> {
    let row = super::find(words.need("the action")?, compile.kind)?;
    let action = (row.compile)(words, compile)?;
    if !words.at_condition() {
        words.done()?;
    }
    Ok(action)
}

/// Compiles and runs a rule.
pub(crate) fn run(kind: Kinds, text: &str, txn: &mut Txn) -> Outcome {
    let compiled = try_compile(kind, text).unwrap_or_else(|message| panic!("`{text}`: {message}"));
    compiled.action.run(txn)
}

/// An exchange whose request arrived.
pub(crate) fn request(start: &str, fields: &[(&str, &str)]) -> Txn {
    let mut txn = txn();
    let mut parts = start.split(' ');
    let mut part = || parts.next().unwrap_or_default().as_bytes();
    txn.req.head.start_request(part(), part(), HttpVersion::Http11);
    fill(&mut txn.req, fields);
    txn
}

/// An exchange whose request, `GET / HTTP/1.1`, and whose response arrived.
pub(crate) fn response(status: u16, fields: &[(&str, &str)]) -> Txn {
    let mut txn = request("GET / HTTP/1.1", &[("Host", "h")]);
    txn.res.head.start_response(HttpVersion::Http11, status, None);
    fill(&mut txn.res, fields);
    txn
}

fn fill(message: &mut Message, fields: &[(&str, &str)]) {
    message.presence = Presence::Here;
    for (name, value) in fields {
        message.head.fields.push(name.as_bytes(), value.as_bytes());
    }
}

/// The fields of a message as lines.
pub(crate) fn fields(message: &Message) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    message.head.fields.iter().map(|(name, value)| format!("{}: {}", text(name), text(value))).collect()
}
