//! The text of an expression: names, parentheses, quoted arguments, and their types.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use base::Lossy;
use base::bytes::leading_int;
use base::units::{TimeUnit, parse_duration, parse_size};
use diag::{Code, codes};
use state::proxy::Sides;
use state::regexp::Regex;
use state::value::Type;
use state::vars::VarRef;

use crate::args::{Arg, Args, Kind, Param, Presence};
use crate::compile::{Compile, Problem, regex_problem};
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
        let len = rest
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'+'))
            .count();
        if len == 0 {
            return Err(compile.problem_of(
                codes::EXPRESSION,
                format!("a sample name is missing before `{}`", Lossy(rest)),
            ));
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
                return Err(compile.problem_of(
                    codes::EXPRESSION,
                    format!("{what} in the arguments of `{}`", Lossy(self.text)),
                ));
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

    /// A backslash makes itself, a blank or a quote literal and spells three control characters; before anything
    /// else it stays, as regular expressions want.
    fn escape(&mut self, out: &mut Vec<u8>) {
        let literal = match self.text.get(self.at) {
            Some(&next @ (b'\\' | b' ' | b'"' | b'\'')) => next,
            Some(b'r') => b'\r',
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(_) | None => {
                out.push(b'\\');
                return;
            }
        };
        out.push(literal);
        self.at += 1;
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

fn unknown(code: Code, what: &str, name: &[u8], known: Vec<&'static str>, compile: &Compile<'_>) -> Problem {
    let name = Lossy(name).to_string();
    let mut problem = compile.problem_of(code, format!("unknown {what} `{name}`"));
    if let Some(near) = diag::nearest(&name, known.into_iter()) {
        problem.suggestion = Some(near.to_owned());
    }
    problem
}

pub(super) fn unknown_fetch(name: &[u8], compile: &Compile<'_>) -> Problem {
    unknown(codes::UNKNOWN_FETCH, "sample fetch", name, fetches::names(), compile)
}

pub(super) fn unknown_converter(name: &[u8], compile: &Compile<'_>) -> Problem {
    unknown(codes::UNKNOWN_CONVERTER, "converter", name, converters::names(), compile)
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
        let is_text = matches!(param.kind, Kind::Str | Kind::Field | Kind::Regex);
        match raw.get(index) {
            Some(text) if !text.is_empty() || is_text => args.list.push(typed(row, param, text, compile)?),
            // Without parentheses or with nothing between them, a first text is there but empty.
            None if index == 0 && is_text && param.presence == Presence::Required => {
                args.list.push(typed(row, param, b"", compile)?);
            }
            given => {
                let is_last = index + 1 >= raw.len();
                if param.presence == Presence::Required && !names_proxy(param.kind)
                    || !is_last && is_number(param.kind)
                {
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
        check(&mut args, compile).map_err(|problem| match problem.code {
            Some(keyword::built::NOT_BUILT) => Box::new(keyword::built::refused(row).at(compile.span)),
            _ => problem,
        })?;
    }
    Ok(args)
}

/// Kinds that mean the current proxy when nothing is written.
fn names_proxy(kind: Kind) -> bool {
    matches!(kind, Kind::Frontend | Kind::Backend | Kind::Table)
}

/// Kinds that cannot be left empty before another argument.
fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Int | Kind::MaskV4 | Kind::MaskV6 | Kind::Ip | Kind::Time | Kind::Size)
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
    let number = || Some(leading_int(text)).filter(|(_, used)| *used == text.len()).map(|(n, _)| n);
    match param.kind {
        Kind::Int => number().map(Arg::Int).ok_or_else(|| bad("integer")),
        Kind::Str | Kind::MapFile => Ok(Arg::Str(text.into())),
        Kind::Field => Ok(Arg::Field(text.into())),
        Kind::Frontend => proxy(text, Sides::Frontend, compile).ok_or_else(|| bad("frontend")),
        Kind::Backend => proxy(text, Sides::Backend, compile).ok_or_else(|| bad("backend")),
        Kind::Table => proxy(text, Sides::Both, compile).ok_or_else(|| bad("stick table")),
        Kind::Server => server(text, compile).ok_or_else(|| bad("server")),
        Kind::Var => VarRef::parse(text).map(Arg::Var).map_err(|e| compile.problem(e.to_string())),
        Kind::Regex => Regex::new(text, state::pattern::Case::Sensitive)
            .map(|r| Arg::Regex(Arc::new(r)))
            .map_err(|e| regex_problem(compile.span, &e)),
        Kind::MaskV4 => mask_v4(text).map(|mask| Arg::Ip(mask.into())).ok_or_else(|| bad("IPv4 mask")),
        Kind::MaskV6 => mask_v6(text).map(|mask| Arg::Ip(mask.into())).ok_or_else(|| bad("IPv6 mask")),
        Kind::Ip => parse_ip(text).map(Arg::Ip).ok_or_else(|| bad("address")),
        Kind::Time => parse_duration(text, TimeUnit::Millis).map(Arg::Time).map_err(|_| bad("duration")),
        Kind::Size => parse_size(text).map(Arg::Size).map_err(|_| bad("size")),
        Kind::Userlist => compile
            .names
            .userlist(text)
            .map(Arg::Userlist)
            .ok_or_else(|| bad("userlist of this configuration")),
    }
}

fn parse_ip(text: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A mask from `24` or `255.255.255.0`; its ones need not be contiguous.
fn mask_v4(text: &[u8]) -> Option<Ipv4Addr> {
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(bits) = text.parse::<u32>() {
        let zeros = 32u32.checked_sub(bits)?;
        return Some(Ipv4Addr::from(u32::MAX.checked_shl(zeros).unwrap_or(0)));
    }
    text.parse().ok()
}

/// A mask from `64` or `ffff:ffff::`.
fn mask_v6(text: &[u8]) -> Option<Ipv6Addr> {
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(bits) = text.parse::<u32>() {
        let zeros = 128u32.checked_sub(bits)?;
        return Some(Ipv6Addr::from(u128::MAX.checked_shl(zeros).unwrap_or(0)));
    }
    text.parse().ok()
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

#[cfg(test)]
mod tests {
    use crate::testing::{convert, refusal};

    #[test]
    fn quotes_and_backslashes_in_arguments() {
        for (text, expected) in [
            (r"concat('a,b)')", "a,b)"),
            (r#"concat("a,b")"#, "a,b"),
            (r#"concat(a"b'c"d)"#, "ab'cd"),
            (r"concat(a\ b)", "a b"),
            (r"concat(\\\'\q)", r"\'\q"),
            (r"concat('\n')", r"\n"),
            ("concat()", ""),
            ("concat", ""),
            ("lower()", ""),
        ] {
            assert_eq!(convert(text, "").as_deref(), Some(expected), "{text}");
        }
        assert_eq!(convert(r"concat(\n\t),hex", "").as_deref(), Some("0A09"));
    }

    #[test]
    fn arguments_that_are_wrong() {
        for text in [
            "concat(a",
            "concat('a)",
            "lower(x)",
            "concat(a,,b,c)",
            "crc32(x)",
            "http_date(,ms)",
            "lower)",
            "lower,",
            "no_such_converter",
            "ipmask(24),add(1)",
        ] {
            assert!(refusal(text).is_some(), "{text}");
        }
    }

    #[test]
    fn masks_of_every_length() {
        assert_eq!(convert("ipmask(0)", "255.255.255.255").as_deref(), Some("0.0.0.0"));
        assert_eq!(convert("ipmask(32)", "255.255.255.255").as_deref(), Some("255.255.255.255"));
        assert_eq!(convert("ipmask(0,0)", "ffff::1").as_deref(), Some("::"));
        assert_eq!(convert("ipmask(0,128)", "ffff::1").as_deref(), Some("ffff::1"));
    }
}
