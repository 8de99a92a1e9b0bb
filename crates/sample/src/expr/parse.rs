//! The text of an expression: names, parentheses, quoted arguments, and their types.

use std::net::IpAddr;
use std::sync::Arc;

use base::units::{TimeUnit, parse_duration, parse_size};
use base::Lossy;
use state::proxy::Sides;
use state::regexp::Regex;
use state::value::Type;
use state::vars::VarRef;

use crate::args::{Arg, Args, Kind, Param, Presence};
use crate::compile::{Compile, Problem};
use crate::rows::CheckFn;
use crate::{converters, fetches};

/// Goes through the text of an expression.
pub(super) struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Cursor { text, at: 0 }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    /// `name` or `name(arg,arg)`.
    pub(super) fn call(&mut self, compile: &Compile<'_>) -> Result<(&'t [u8], Vec<Vec<u8>>), Problem> {
        let rest = &self.text[self.at..];
        let len = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-')).count();
        if len == 0 {
            return Err(compile.problem(format!("a sample name is missing before `{}`", Lossy(rest))));
        }
        let name = &rest[..len];
        self.at += len;
        let args = if self.eat(b'(') { self.arguments(compile)? } else { Vec::new() };
        Ok((name, args))
    }

    fn arguments(&mut self, compile: &Compile<'_>) -> Result<Vec<Vec<u8>>, Problem> {
        let mut args = vec![Vec::new()];
        let mut quote = None;
        loop {
            let Some(&byte) = self.text.get(self.at) else {
                let what = if quote.is_some() { "a quote is not closed" } else { "`)` is missing" };
                return Err(compile.problem(format!("{what} in the arguments of `{}`", Lossy(self.text))));
            };
            self.at += 1;
            let last = args.last_mut().expect("starts with one argument");
            match (quote, byte) {
                (None, b')') => break,
                (None, b',') => args.push(Vec::new()),
                (None, b'\'' | b'"') => quote = Some(byte),
                (Some(open), _) if open == byte => quote = None,
                (None | Some(b'"'), b'\\') => self.escape(last),
                _ => last.push(byte),
            }
        }
        if args.len() == 1 && args[0].is_empty() {
            args.clear();
        }
        Ok(args)
    }

    /// A backslash protects what would end the argument; before anything else it stays, as regular expressions want.
    fn escape(&mut self, out: &mut Vec<u8>) {
        match self.text.get(self.at) {
            Some(&next @ (b',' | b')' | b'(' | b'\'' | b'"' | b'\\' | b' ')) => {
                if matches!(next, b'\\' | b'(' | b')') {
                    out.push(b'\\');
                }
                out.push(next);
                self.at += 1;
            }
            Some(_) | None => out.push(b'\\'),
        }
    }
}

/// How a type is called in messages.
pub(super) fn type_title(of: Type) -> &'static str {
    match of {
        Type::Any => "anything",
        Type::Bool => "a boolean",
        Type::Int => "an integer",
        Type::Addr => "an address",
        Type::Ipv4 => "an IPv4 address",
        Type::Ipv6 => "an IPv6 address",
        Type::Str => "text",
        Type::Bin => "bytes",
        Type::Method => "an HTTP method",
    }
}

fn unknown(what: &str, name: &[u8], known: Vec<&'static str>, compile: &Compile<'_>) -> Problem {
    let name = Lossy(name).to_string();
    let mut problem = compile.problem(format!("unknown {what} `{name}`"));
    if let Some(near) = diag::nearest(&name, known.into_iter()) {
        problem.suggestion = Some(near.to_owned());
    }
    problem
}

pub(super) fn unknown_fetch(name: &[u8], compile: &Compile<'_>) -> Problem {
    unknown("sample fetch", name, fetches::names(), compile)
}

pub(super) fn unknown_converter(name: &[u8], compile: &Compile<'_>) -> Problem {
    unknown("converter", name, converters::names(), compile)
}

/// Types raw arguments by their parameters and runs the row's check.
pub(super) fn arguments(
    row: &str,
    params: &[Param],
    check: Option<CheckFn>,
    raw: &[Vec<u8>],
    compile: &mut Compile<'_>,
) -> Result<Args, Problem> {
    if raw.len() > params.len() {
        return Err(compile.problem(format!(
            "`{row}` takes at most {} argument{}, not {}",
            params.len(),
            if params.len() == 1 { "" } else { "s" },
            raw.len()
        )));
    }
    let mut args = Args::default();
    for (index, param) in params.iter().enumerate() {
        match raw.get(index) {
            Some(text) if !text.is_empty() || matches!(param.kind, Kind::Str | Kind::Regex) => {
                args.list.push(typed(row, param, text, compile)?);
            }
            given => {
                if param.presence == Presence::Required {
                    return Err(compile.problem(format!("`{row}` needs its argument `{}`", param.name)));
                }
                let implied = implied(param.kind, compile);
                if given.is_some() || !matches!(implied, Arg::Missing) {
                    args.list.push(implied);
                }
            }
        }
    }
    if let Some(check) = check {
        check(&mut args, compile)?;
    }
    Ok(args)
}

/// What a left-out argument means: the current proxy where a proxy is asked for.
fn implied(kind: Kind, compile: &Compile<'_>) -> Arg {
    match (kind, compile.proxy) {
        (Kind::Frontend | Kind::Backend | Kind::Table, Some(id)) => Arg::Proxy(id),
        _ => Arg::Missing,
    }
}

fn typed(row: &str, param: &Param, text: &[u8], compile: &Compile<'_>) -> Result<Arg, Problem> {
    let bad = |what: &str| {
        compile.problem(format!("`{}` is no {what}: argument `{}` of `{row}`", Lossy(text), param.name))
    };
    let number = || std::str::from_utf8(text).ok().and_then(|t| t.trim().parse::<i64>().ok());
    match param.kind {
        Kind::Int => number().map(Arg::Int).ok_or_else(|| bad("integer")),
        Kind::Str | Kind::MapFile => Ok(Arg::Str(text.into())),
        Kind::Frontend => proxy(text, Sides::Frontend, compile).ok_or_else(|| bad("frontend")),
        Kind::Backend => proxy(text, Sides::Backend, compile).ok_or_else(|| bad("backend")),
        Kind::Table => proxy(text, Sides::Both, compile).ok_or_else(|| bad("stick table")),
        Kind::Server => server(text, compile).ok_or_else(|| bad("server")),
        Kind::Var => VarRef::parse(text).map(Arg::Var).map_err(|e| compile.problem(e.to_string())),
        Kind::Regex => Regex::new(text, state::regexp::Case::Sensitive)
            .map(|r| Arg::Regex(Arc::new(r)))
            .map_err(|e| compile.problem(e.to_string())),
        Kind::MaskV4 => mask_v4(text).map(Arg::Int).ok_or_else(|| bad("IPv4 mask")),
        Kind::MaskV6 => {
            number().filter(|n| (0..=128).contains(n)).map(Arg::Int).ok_or_else(|| bad("IPv6 prefix length"))
        }
        Kind::Ip => parse_ip(text).map(Arg::Ip).ok_or_else(|| bad("address")),
        Kind::Time => parse_duration(text, TimeUnit::Millis).map(Arg::Time).map_err(|_| bad("duration")),
        Kind::Size => parse_size(text).map(Arg::Size).map_err(|_| bad("size")),
        Kind::Userlist => {
            compile.names.userlist(text).map(Arg::Userlist).ok_or_else(|| bad("userlist of this configuration"))
        }
    }
}

fn parse_ip(text: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A prefix length from `24` or `255.255.255.0`.
fn mask_v4(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(bits) = text.parse::<i64>() {
        return (0..=32).contains(&bits).then_some(bits);
    }
    let mask = u32::from(text.parse::<std::net::Ipv4Addr>().ok()?);
    (mask.leading_ones() + mask.trailing_zeros() >= 32).then(|| i64::from(mask.leading_ones()))
}

fn proxy(name: &[u8], sides: Sides, compile: &Compile<'_>) -> Option<Arg> {
    compile.names.proxy(name, sides).map(|found| Arg::Proxy(found.id))
}

fn server(text: &[u8], compile: &Compile<'_>) -> Option<Arg> {
    let (proxy, name) = match text.iter().position(|b| *b == b'/') {
        Some(slash) => (compile.names.proxy(&text[..slash], Sides::Backend)?.id, &text[slash + 1..]),
        None => (compile.proxy?, text),
    };
    compile.names.server(proxy, name).map(|server| Arg::Server(proxy, server))
}
