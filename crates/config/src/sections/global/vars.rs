//! `set-var` and `set-var-fmt` (chapter 3.1): variables of the process, given their values while the file is read.
//!
//! The expression runs on an exchange made for the purpose, in a runtime that has every proxy and server by name and
//! nothing in them: what the configuration knows at that time.

use std::sync::Arc;

use base::{ProxyId, ServerId};
use rules::Words;
use sample::compile::problem;
use sample::logformat::{LogFormat, Style};
use sample::txn::Session;
use sample::{Expr, Problem, Txn};
use state::proxy::{Mode, Proxy, ProxySetup, Sides, Timeouts};
use state::server::{Server, ServerSetup};
use state::vars::Scope;
use state::{Runtime, Value, VarRef};
use syntax::Word;

use super::rows::usage;
use crate::context::GlobalParse;
use crate::names::{NameTable, ProxyNames};
use crate::row::GlobalRow;

pub(super) static ROWS: &[GlobalRow] = &[
    GlobalRow::new("set-var", set_var, "sets a variable of the process to an expression's value")
        .examples(usage!["set-var proc.site str(main)", "set-var proc.limit int(10),mul(3)"]),
    GlobalRow::new("set-var-fmt", set_var_fmt, "sets one to what a format says")
        .examples(usage!["set-var-fmt proc.name lb-%[str(a)]"]),
];

fn set_var(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let var = variable(words.need("the variable's name, as in `proc.name`,")?)?;
    let word = words.need("an expression")?;
    let expr = Expr::compile(&word.text, &mut parse.compile(word.span))?;
    words.done()?;
    let txn = exchange(parse);
    match expr.eval(&txn) {
        Some(value) => set(var, value.into_owned(), parse),
        None => parse.cx.warn(word.span, "the expression has no value here; the variable stays unset"),
    }
    Ok(())
}

fn set_var_fmt(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let var = variable(words.need("the variable's name, as in `proc.name`,")?)?;
    let word = words.need("a format")?;
    let format = LogFormat::compile(&word.text, Style::Text, &mut parse.compile(word.span))?;
    words.done()?;
    let mut text = Vec::new();
    format.render(&exchange(parse), &mut text);
    set(var, Value::string(text), parse);
    Ok(())
}

fn variable(word: &Word) -> Result<VarRef, Problem> {
    let var = VarRef::parse(&word.text).map_err(|error| problem(word.span, error.to_string()))?;
    if var.scope != Scope::Proc {
        return Err(problem(word.span, "only variables of the scope `proc` exist in a global section"));
    }
    Ok(var)
}

/// The last value counts.
fn set(var: VarRef, value: Value<'static>, parse: &mut GlobalParse<'_>) {
    parse.global.vars.retain(|(other, _)| *other != var);
    parse.global.vars.push((var, value));
}

fn exchange(parse: &GlobalParse<'_>) -> Txn {
    let mut runtime = Runtime::default();
    runtime.proxies = proxies(parse.cx.names).into();
    // The exchange belongs to a proxy of its own, behind those of the file.
    let own = ProxyId::from_index(runtime.proxies.len());
    runtime.proxies.push(proxy(own, b"", Sides::Frontend, Vec::new()));
    let txn = Txn::new(Arc::new(runtime), Box::new(Session::vacant(own, Arc::default())));
    for (var, value) in &parse.global.vars {
        txn.set_var(*var, value.clone());
    }
    txn
}

/// How a text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An expression: a fetch and converters.
    Expression,
    /// A format with expressions in it.
    Format,
}

/// The value of a text in a running process, outside of any exchange (`set var` of the runtime API); `None`: it has
/// none. Files are not read any more.
///
/// # Errors
/// A sentence for people.
pub fn evaluate(runtime: &Arc<Runtime>, text: &[u8], form: Form) -> Result<Option<Value<'static>>, String> {
    let Some(own) = runtime.proxies.get(0) else { return Err("there is no proxy to evaluate it in".into()) };
    let mut names = NameTable::new(Box::new(|_| Err("files are not read at run time".to_owned())));
    for proxy in &runtime.proxies {
        // Names that stand twice mean the first one, as in the configuration.
        let _ = names.add_proxy(proxy.name.as_bytes(), proxy.sides);
        proxy.servers.iter().for_each(|server| names.add_server(server.name.as_bytes()));
    }
    let mut diags = diag::Diagnostics::new();
    let mut uses = sample::compile::Uses::default();
    let mut compile = sample::Compile {
        place: sample::Place::Global,
        proxy: None,
        mode: Mode::Tcp,
        names: &names,
        diags: &mut diags,
        uses: &mut uses,
        span: diag::Span::line(diag::FileId(0), 0),
    };
    let txn = Txn::new(runtime.clone(), Box::new(Session::vacant(own.id, Arc::default())));
    match form {
        Form::Expression => {
            let expr = Expr::compile(text, &mut compile).map_err(|problem| problem.message.clone())?;
            Ok(expr.eval(&txn).map(Value::into_owned))
        }
        Form::Format => {
            let format = LogFormat::compile(text, Style::Text, &mut compile)
                .map_err(|problem| problem.message.clone())?;
            let mut rendered = Vec::new();
            format.render(&txn, &mut rendered);
            Ok(Some(Value::string(rendered)))
        }
    }
}

fn proxies(names: &NameTable) -> Vec<Arc<Proxy>> {
    let make = |(index, names): (usize, &ProxyNames)| {
        let id = ProxyId::from_index(index);
        let servers = names.servers.iter().enumerate().map(|(at, name)| server(id, at, name)).collect();
        proxy(id, &names.name, names.sides, servers)
    };
    names.proxies().iter().enumerate().map(make).collect()
}

fn proxy(id: ProxyId, name: &[u8], sides: Sides, servers: Vec<Arc<Server>>) -> Arc<Proxy> {
    let setup = ProxySetup {
        id,
        uuid: 0,
        name: String::from_utf8_lossy(name).into(),
        mode: Mode::Tcp,
        sides,
        timeouts: Timeouts::default(),
        maxconn: 0,
        fullconn: 0,
        retries: 0,
    };
    Arc::new(Proxy::new(setup, servers, 1))
}

fn server(proxy: ProxyId, index: usize, name: &[u8]) -> Arc<Server> {
    let (name, nowhere) = (String::from_utf8_lossy(name), net::Endpoint::Inet(([0, 0, 0, 0], 0).into()));
    Arc::new(Server::new(ServerSetup::plain(proxy, ServerId::from_index(index), &name, nowhere), 1))
}
