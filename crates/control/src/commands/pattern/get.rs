//! `get acl`, `get map`: what a value would match.

use std::io::Write;

use state::Value;
use state::pattern::{Case, Entry, Method, Output, PatternExpr};
use state::value::Type;

use super::Kind;
use crate::access::Level;
use crate::command::{Answer, Command, Request, settle};
use crate::names::type_name;

pub(super) static ROWS: &[Command] = &[
    Command::new(
        &["get", "acl"],
        "get acl <acl> <value>",
        "tell which patterns of an ACL a value matches",
        run,
    )
    .level(Level::Admin),
    Command::new(&["get", "map"], "get map <map> <value>", "tell what a map gives for a value", run)
        .level(Level::Admin),
];

fn run(request: &mut Request<'_>) -> Answer {
    settle(get(request))
}

fn get(request: &Request<'_>) -> Result<Answer, Answer> {
    let kind = Kind::of(request);
    if request.word(3).is_empty() {
        return Err(Answer::error(format!("Missing {} identifier and/or key.\n", kind.name())));
    }
    let list = kind.find_any(request, 2)?;
    let mut out = Vec::new();
    for expr in list.reference.exprs() {
        line(kind, &expr, request.word(3), &mut out);
    }
    Ok(Answer::Dump(out))
}

/// One line for each use of the list: what it is, and what was found.
fn line(kind: Kind, expr: &PatternExpr, text: &[u8], out: &mut Vec<u8>) {
    let is_map = kind == Kind::Map;
    let case = if expr.case() == Case::Insensitive { "insensitive" } else { "sensitive" };
    let found = if is_map { "found" } else { "match" };
    // Writing to a Vec cannot fail.
    let _ = write!(out, "type={}, case={case}, {found}=", expr.method().name());
    let set = expr.set();
    let Some(entry) = cast(text, expr.method().sample_type()).and_then(|value| set.find(&value)) else {
        out.extend_from_slice(b"no\n");
        return;
    };
    let index = if is_tree(expr) { "tree" } else { "list" };
    let name = if is_map { "key" } else { "pattern" };
    let _ = write!(out, "yes, idx={index}, {name}=\"");
    out.extend_from_slice(entry.pattern());
    out.push(b'"');
    if is_map {
        mapped(expr.output(), entry, out);
    }
    out.push(b'\n');
}

fn mapped(output: Output, entry: &Entry, out: &mut Vec<u8>) {
    match (entry.text(), entry.value(output)) {
        (Some(text), Some(value)) => {
            out.extend_from_slice(b", value=\"");
            out.extend_from_slice(&text);
            let _ = write!(out, "\", type=\"{}\"", type_name(value.type_of()));
        }
        _ => out.extend_from_slice(b", value=none"),
    }
}

fn cast(text: &[u8], kind: Type) -> Option<Value<'_>> {
    Value::str(text).cast(kind)
}

/// Whether HAProxy would keep these patterns in a tree.
fn is_tree(expr: &PatternExpr) -> bool {
    match expr.method() {
        Method::Ip => true,
        Method::Str | Method::Beg => expr.case() == Case::Sensitive,
        Method::Found
        | Method::Bool
        | Method::Int
        | Method::Version
        | Method::Bin
        | Method::Len
        | Method::Sub
        | Method::Dir
        | Method::Dom
        | Method::End
        | Method::Reg
        | Method::Regm => false,
    }
}
