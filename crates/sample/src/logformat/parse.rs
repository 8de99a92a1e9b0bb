//! The notation: `%name`, `%{flags}name`, `%[expression]`, `%(key:type)...`, `%%`, and text.

use base::Lossy;
use diag::codes;

use super::flags::Flags;
use super::variable::{self, Variable};
use super::{Cast, Item, Lead, LogFormat, Options, Style, What, direct, plain};
use crate::compile::{Compile, Problem};
use crate::expr::Expr;
use crate::rows::Needs;

/// Compiles `text`.
pub(super) fn parse(text: &[u8], style: Style, compile: &mut Compile<'_>) -> Result<LogFormat, Problem> {
    let mut parser = Parser {
        text,
        at: 0,
        flags: style.flags(),
        line_flags: None,
        // A line begins as if a space had come before it.
        lead: Lead { ends_in_space: true, ..Lead::default() },
        pending: Vec::new(),
        items: Vec::new(),
        needs: Needs::NOTHING,
    };
    while let Some(&byte) = text.get(parser.at) {
        parser.at += 1;
        match byte {
            b'%' => parser.item(compile)?,
            b' ' if style.merges_spaces() => parser.space(),
            other => parser.text_byte(other),
        }
    }
    Ok(parser.finish())
}

struct Parser<'t> {
    text: &'t [u8],
    at: usize,
    /// What `%o` has set so far.
    flags: Flags,
    /// What all `%o` have in common.
    line_flags: Option<Flags>,
    /// The text before the next variable: `pending` and what is known about its spaces.
    lead: Lead,
    pending: Vec<u8>,
    items: Vec<Item>,
    needs: Needs,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t [u8] {
        &self.text[self.at.min(self.text.len())..]
    }

    fn text_byte(&mut self, byte: u8) {
        self.pending.push(byte);
        self.lead.ends_in_space = false;
    }

    /// A space that merges with others.
    fn space(&mut self) {
        if !self.lead.ends_in_space {
            self.lead.is_merging |= self.pending.is_empty();
            self.lead.ends_in_space = true;
            self.pending.push(b' ');
        }
    }

    /// Ends the text and adds what follows it.
    fn push(&mut self, what: What) {
        let Lead { is_merging, ends_in_space, .. } = std::mem::take(&mut self.lead);
        let text = std::mem::take(&mut self.pending);
        self.items.push(Item { lead: Lead { is_merging, ends_in_space, ..Lead::new(&text) }, what });
    }

    /// What follows a `%`.
    fn item(&mut self, compile: &mut Compile<'_>) -> Result<(), Problem> {
        let mut options = Options { flags: self.flags, ..Options::default() };
        let has_name = self.rest().first() == Some(&b'(');
        if has_name {
            self.name(&mut options, compile)?;
        }
        match self.rest().first() {
            Some(b'{') => {
                let given = self.bracketed(b'}', compile)?;
                options.flags = options.flags.apply(given);
                if !self.rest().first().is_some_and(|b| *b == b'[' || b.is_ascii_alphanumeric()) {
                    let given = Lossy(given);
                    return Err(compile.problem_of(
                        codes::LOG_FORMAT,
                        format!("no variable or expression follows `%{{{given}}}`"),
                    ));
                }
                self.target(options, compile)
            }
            Some(b'[') => self.target(options, compile),
            Some(b) if b.is_ascii_alphabetic() => self.target(options, compile),
            Some(b'%') => {
                self.at += 1;
                self.text_byte(b'%');
                Ok(())
            }
            Some(b' ' | b'\t' | b'0'..=b'9') => Err(compile.problem_of(
                codes::LOG_FORMAT,
                "a single `%` must be written `%%`, nothing follows it that could be a variable's name",
            )),
            // A `%` before any other character is dropped, as it always was.
            Some(_) if !has_name => Ok(()),
            Some(_) | None => {
                Err(compile.problem_of(codes::LOG_FORMAT, "the format ends in the middle of a variable"))
            }
        }
    }

    /// A variable or an expression.
    fn target(&mut self, options: Options, compile: &mut Compile<'_>) -> Result<(), Problem> {
        if self.rest().first() == Some(&b'[') {
            self.at += 1;
            let (expr, used) = Expr::compile_prefix(self.rest(), compile)?;
            self.at += used;
            if self.rest().first() != Some(&b']') {
                let source = Lossy(expr.source()).to_string();
                return Err(
                    compile.problem_of(codes::LOG_FORMAT, format!("`]` is missing after `%[{source}`"))
                );
            }
            self.at += 1;
            self.needs = self.needs.and(expr.needs());
            self.push(What::Expr(Box::new(expr), Box::new(options)));
            return Ok(());
        }
        let len = self.rest().iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let name = &self.rest()[..len];
        let Some((found, needs)) = variable::lookup(name) else { return Err(unknown(name, compile)) };
        self.at += len;
        if found == Variable::Flags {
            self.flags = options.flags;
            self.line_flags = Some(self.line_flags.map_or(options.flags, |line| line.common(options.flags)));
            return Ok(());
        }
        variable::record(found, compile.uses);
        self.needs = self.needs.and(needs);
        self.push(What::Variable(found, Box::new(options)));
        Ok(())
    }

    /// `(key)` or `(key:type)`; the key may be empty.
    fn name(&mut self, options: &mut Options, compile: &Compile<'_>) -> Result<(), Problem> {
        let inner = self.bracketed(b')', compile)?;
        let mut parts = inner.splitn(2, |byte| *byte == b':');
        let (name, cast) = (parts.next().unwrap_or_default(), parts.next());
        if !name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')) {
            let name = Lossy(name);
            return Err(compile.problem_of(
                codes::LOG_FORMAT,
                format!("`{name}` is no key: letters, digits, `_` and `-` only"),
            ));
        }
        options.name = (!name.is_empty()).then(|| name.into());
        options.cast = match cast {
            None => Cast::Same,
            Some(b"str") => Cast::Str,
            Some(b"sint") => Cast::Int,
            Some(b"bool") => Cast::Bool,
            Some(b"raw") => Cast::Raw,
            Some(other) => {
                let other = Lossy(other);
                return Err(compile.problem_of(
                    codes::LOG_FORMAT,
                    format!("`{other}` is no type of a log item: str, sint, bool or raw"),
                ));
            }
        };
        Ok(())
    }

    /// What stands between the bracket here and `close`.
    fn bracketed(&mut self, close: u8, compile: &Compile<'_>) -> Result<&'t [u8], Problem> {
        let inner = &self.rest()[1..];
        let Some(len) = inner.iter().position(|byte| *byte == close) else {
            let shown = Lossy(self.rest()).to_string();
            return Err(compile.problem_of(
                codes::LOG_FORMAT,
                format!("`{}` is missing after `%{shown}`", char::from(close)),
            ));
        };
        self.at += len + 2;
        Ok(&inner[..len])
    }

    fn finish(mut self) -> LogFormat {
        if !self.pending.is_empty() {
            self.push(What::Nothing);
        }
        let flags = self.line_flags.unwrap_or(Flags::NONE).settled(Flags::NONE);
        if flags.has(Flags::ENCODE) {
            // Only what has a key can be shown.
            self.items.retain(|item| match &item.what {
                What::Variable(_, options) | What::Expr(_, options) => options.name.is_some(),
                What::Nothing | What::Number(..) | What::Name(..) | What::Plain(..) => false,
            });
        }
        for item in &mut self.items {
            if let What::Variable(_, options) | What::Expr(_, options) = &mut item.what {
                options.flags = options.flags.within(flags);
            }
            if let What::Variable(variable, options) = &item.what
                && let Some(what) = direct(*variable, options.flags)
            {
                item.what = what;
            }
        }
        LogFormat { items: self.items, flags, needs: self.needs }
    }
}

/// The short way of rendering `variable`, where no flag stands in it.
fn direct(variable: Variable, flags: Flags) -> Option<What> {
    if flags.without(Flags::MANDATORY.with(Flags::HTTP).with(Flags::QUOTE)) != Flags::NONE {
        return None;
    }
    if let Some((number, hint)) = direct::number(variable) {
        return Some(What::Number(number, hint));
    }
    let around = plain::Around::of(flags);
    match direct::name(variable) {
        Some(name) => Some(What::Name(name, around)),
        None => plain::around(variable, around).map(|around| What::Plain(variable, around)),
    }
}

fn unknown(name: &[u8], compile: &Compile<'_>) -> Problem {
    let name = Lossy(name).to_string();
    let mut problem = compile.problem_of(
        codes::LOG_VARIABLE,
        format!("unknown log variable `%{name}`; a percent sign is written `%%`"),
    );
    if let Some(near) = diag::nearest(&name, variable::names()) {
        problem.suggestion = Some(format!("%{near}"));
    }
    problem
}
