//! `from`: what a server starts with instead of the `default-server` words (chapter 5.2, HAProxy 3.5).

use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::{problem, problem_of};
use syntax::Word;

use crate::context::ProxyParse;
use crate::model::ServerConfig;

/// Parses the word behind `from` and starts `server` anew; its own name and place stay.
///
/// # Errors
/// A word of another form, and a source that this proxy does not have.
pub(super) fn from(
    words: &mut Words<'_>,
    server: &mut ServerConfig,
    parse: &ProxyParse<'_>,
) -> Result<(), Problem> {
    let word = words.need("`none`, `be:` or `srv:NAME`")?;
    let source = match word.text.as_slice() {
        b"none" => ServerConfig::default(),
        b"be:" => parse.scratch.default_server.clone(),
        text => match text.strip_prefix(b"srv:") {
            Some(name) => named(name, word, parse)?,
            None if text.starts_with(b"be:") => {
                return Err(problem_of(
                    codes::NOT_BUILT,
                    word.span,
                    "the words of another proxy cannot be taken over yet",
                ));
            }
            None => {
                return Err(problem(
                    word.span,
                    format!("`{}` is not `none`, `be:` or `srv:NAME`", word.lossy()),
                ));
            }
        },
    };
    *server = ServerConfig {
        id: server.id,
        puid: 0,
        name: std::mem::take(&mut server.name),
        span: server.span,
        ..source
    };
    Ok(())
}

/// A named `default-server` or an earlier server of this proxy, the address left out.
fn named(name: &[u8], word: &Word, parse: &ProxyParse<'_>) -> Result<ServerConfig, Problem> {
    let defaults =
        parse.scratch.named_servers.iter().find(|(known, _)| **known == *name).map(|(_, server)| server);
    let earlier = || parse.proxy.servers.iter().find(|server| server.name.as_bytes() == name);
    match defaults.or_else(earlier) {
        Some(server) => Ok(server.clone()),
        None => Err(problem_of(
            codes::UNKNOWN_SERVER,
            word.span,
            format!("no server above is called `{}`", base::Lossy(name)),
        )),
    }
}
