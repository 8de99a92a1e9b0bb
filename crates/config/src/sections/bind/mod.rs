//! `bind` lines (configuration manual, chapters 4.2 "bind" and 5.1): a list of addresses, then words that hold for
//! all of them. One row a word.
//!
//! Words of TLS are gathered in a [`Draft`]; certificates are loaded when the line is complete, and without `ssl` none of
//! them has an effect.

use diag::codes;
use rules::Words;
use sample::Problem;
use sample::compile::problem_of;

use crate::address;
use crate::context::{BindParse, ProxyParse};
use crate::model::{Bind, BindAddress};

mod complete;
mod files;
mod host;
pub(crate) mod limits;
pub(crate) mod rows;
mod running;
mod socket;
#[cfg(test)]
mod tests;
pub(crate) mod threads;
mod tls;
pub(crate) mod unix;

pub use complete::Draft;
pub(crate) use complete::complete_proxy;
pub use files::FrontendUse;
pub(crate) use host::{Files, LATER, VERSION, protocols, revoked, text, trusted, version, version_option};
pub use running::certificate_words;
pub(crate) use socket::signature_key;
pub(crate) use tls::{fill, inherit};
/// Parses the words behind `bind`: appends a [`Bind`] for each address.
///
/// # Errors
/// Wrong addresses, unknown words, and what a word finds wrong.
pub(crate) fn parse_line(words: &mut Words<'_>, parse: &mut ProxyParse<'_>) -> Result<(), Problem> {
    let first = words.need("an address and port to listen on")?;
    let addresses = address::bind_list(first, &parse.global.unix_bind.prefix)?;
    let mut draft = Draft::default();
    let mut bind = template(&addresses[0], words, parse);
    while let Some(word) = words.next() {
        let name = word.as_str().unwrap_or_default();
        let Some(row) = rows::TABLE.get(name) else { return Err(rows::unknown(word)) };
        if let Some(modern) = row.modern {
            let text = format!("`{}` is not known to HAProxy any more; it works here", row.name);
            parse.cx.diags.push(
                diag::Diagnostic::warning(text)
                    .at(word.span)
                    .code(codes::REMOVED_KEYWORD)
                    .note(format!("write `{modern}`")),
            );
        }
        let mut one = BindParse { bind: &mut bind, tls: &mut draft, line: parse, span: word.span };
        (row.parse)(words, &mut one)?;
        one.tell_built(row.built, row.name);
    }
    let has_id = bind.id != 0;
    if has_id && addresses.len() > 1 {
        return Err(problem_of(codes::CONFLICT, first.span, "`id` is for one socket; this line has several"));
    }
    bind.tls = draft.complete(parse);
    for bound in addresses {
        let mut one = Bind { address: bound.address, span: bound.span, ..bind.clone() };
        one.unsupported.extend(bound.needs.map(Box::from));
        one.options.multipath = bound.is_multipath;
        one.options.takes_descriptors = bound.takes_descriptors;
        parse.proxy.binds.push(one);
    }
    number(parse, has_id, first.span)
}

/// A line without words: UNIX sockets take the permissions of `unix-bind`.
pub(crate) fn template(first: &address::Bound, words: &Words<'_>, parse: &ProxyParse<'_>) -> Bind {
    let is_unix = matches!(&first.address, BindAddress::Endpoint(net::Endpoint::Unix(_)));
    let permissions = if is_unix { parse.global.unix_bind.permissions.clone() } else { Default::default() };
    Bind {
        address: first.address.clone(),
        span: words.line().span,
        name: None,
        id: 0,
        options: net::ListenOptions::default(),
        permissions,
        accepts_proxy: false,
        guid_prefix: None,
        netscaler_magic: None,
        threads: None,
        is_single: false,
        maxconn: 0,
        backlog: None,
        tls: None,
        unsupported: Vec::new(),
    }
}

/// Numbers the sockets of the proxy that have no `id` of their own with the lowest free numbers, from 1 on. The ids
/// of lines that follow may move them, so this is done again after each line.
fn number(parse: &mut ProxyParse<'_>, has_id: bool, span: diag::Span) -> Result<(), Problem> {
    let binds = &mut parse.proxy.binds;
    let fixed = &mut parse.scratch.bind_ids;
    if let Some(last) = binds.last().filter(|_| has_id) {
        if let Some((other, id)) = fixed.iter().find(|(_, id)| *id == last.id) {
            let line = binds[*other].span.line;
            return Err(problem_of(
                codes::DUPLICATE,
                span,
                format!("the id {id} is that of the `bind` in line {line} already"),
            ));
        }
        fixed.push((binds.len() - 1, last.id));
    }
    let mut next = 1;
    for (index, bind) in binds.iter_mut().enumerate() {
        if fixed.iter().any(|(at, _)| *at == index) {
            continue;
        }
        while fixed.iter().any(|(_, id)| *id == next) {
            next += 1;
        }
        bind.id = next;
        next += 1;
    }
    Ok(())
}
