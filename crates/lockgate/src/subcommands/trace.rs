//! `lockgate trace`: what would become of a request, step by step, without a network.
//!
//! It exits with 0 when the request was traced, whatever became of it, 1 when the configuration cannot be used or lacks what
//! was asked for, 2 on wrong usage. The page `docs/trace.md` describes its output.

mod ask;
mod json;
mod people;

use std::ffi::OsString;
use std::process::ExitCode;

use diag::Sources;
use engine::Surroundings;
use engine::trace::Untraceable;

use super::{Row, Usage, tell, wrong_usage};
use crate::check_config::{self, Checked};
use crate::environment;
use crate::options::Options;
use crate::report::print;

/// The sub-command.
pub(super) const ROW: Row = Row {
    name: "trace",
    usage: &[Usage {
        synopsis: "trace -f FILE 'GET URL'",
        help: "what would become of a request, step by step",
    }],
    run,
};

const USAGE: &str = "Usage: lockgate trace -f FILE... ['METHOD ]URL[ VERSION]' [OPTION]...
           tells without a network which rules and ACLs a request meets, with which values, what they do to it, which
           backend and server it reaches, what they get, and what the log says
       URL is http://HOST/PATH, https://HOST/PATH, or /PATH; tcp://HOST:PORT and tls://HOST:PORT for connections

       -H 'NAME: VALUE'          a header of the request
       --cookie 'NAME=VALUE'     a cookie of the request
       --body TEXT               the request's body; what the client sends in TCP mode
       --src ADDRESS[:PORT]      the client's address (127.0.0.1)
       --dst ADDRESS[:PORT]      the address that the client connects to
       --frontend NAME           the frontend to take, else the one whose `bind` line fits
       --bind NAME|ADDRESS       the `bind` line to take
       --down SERVER             a server that is down: NAME or BACKEND/NAME
       --response STATUS         what the server answers: 404, or 'HTTP/1.1 404 Not Found'; in TCP mode its first words
       --response-header 'NAME: VALUE'
       --response-body TEXT
       --format people|json
";

/// How it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Text for people.
    People,
    /// One object.
    Json,
}

fn run(words: Vec<OsString>) -> ExitCode {
    let asked = match ask::parse(words) {
        Ok(Some(asked)) => asked,
        Ok(None) => {
            print(USAGE);
            return ExitCode::SUCCESS;
        }
        Err(wrong) => return wrong_usage(&wrong.to_string(), USAGE),
    };
    let options = Options { files: asked.files, ..Options::default() };
    let Ok(checked) = check_config::load(&options) else { return ExitCode::FAILURE };
    match trace(checked, &asked.question, asked.shape) {
        Ok(text) => {
            print(&text);
            ExitCode::SUCCESS
        }
        Err(error) => {
            tell(&format!("lockgate: {}\n", error.to_string().replace('`', "'")));
            ExitCode::FAILURE
        }
    }
}

fn trace(checked: Checked, question: &engine::trace::Question, shape: Shape) -> Result<String, Untraceable> {
    // Log lines show local time.
    base::localtime::load(std::env::var_os("TZ").as_deref());
    let Checked { config, sources, .. } = checked;
    let around = Surroundings {
        workers: 1,
        hostname: environment::hostname(),
        pid: std::process::id(),
        maxconn: config.global.maxconn.unwrap_or(0),
    };
    let trace = engine::trace::trace(config, &around, question)?;
    Ok(match shape {
        Shape::People => people::told(&trace, &sources),
        Shape::Json => json::told(&trace, &sources),
    })
}

/// The line of a rule, without what stands around it.
fn line_text(sources: &Sources, place: rules::Place) -> String {
    let line = sources.line_text(place.file, place.line).trim_ascii();
    base::Lossy(line).to_string()
}
