//! Expressions: a fetch, then converters (configuration manual, chapter 7.1), compiled once and run per request.

use std::fmt;

use diag::codes;
use state::value::{Type, Value};

use crate::args::Args;
use crate::compile::{Compile, Problem};
use crate::rows::{Convert, Fetch, Fetched, Needs, Texts, Walk};
use crate::subject::Subject;
use crate::txn::Txn;
use crate::{converters, fetches};

mod parse;

/// A compiled expression.
pub struct Expr {
    fetch: &'static Fetch,
    args: Args,
    steps: Vec<Step>,
    out: Type,
    source: Box<[u8]>,
}

struct Step {
    cast: Option<Type>,
    convert: &'static Convert,
    args: Args,
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({})", base::Lossy(&self.source))
    }
}

impl Expr {
    /// Compiles `text`, all of which must be one expression.
    ///
    /// # Errors
    /// An unknown fetch or converter (with the nearest known name), wrong arguments, types that do not cast, or a
    /// fetch that cannot have a value where it stands.
    pub fn compile(text: &[u8], compile: &mut Compile<'_>) -> Result<Expr, Problem> {
        let (expr, used) = Expr::compile_prefix(text, compile)?;
        if used < text.len() {
            let rest = base::Lossy(&text[used..]).to_string();
            return Err(compile
                .problem_of(codes::EXPRESSION, format!("unexpected `{rest}` after a sample expression")));
        }
        Ok(expr)
    }

    /// Compiles the expression that `text` begins with; returns it with its length in bytes.
    ///
    /// # Errors
    /// As [`Expr::compile`].
    pub fn compile_prefix(text: &[u8], compile: &mut Compile<'_>) -> Result<(Expr, usize), Problem> {
        let mut cursor = parse::Cursor::new(text);
        let (name, raw_args) = cursor.call(compile)?;
        let fetch =
            fetches::lookup(name, compile.place).ok_or_else(|| parse::unknown_fetch(name, compile))?;
        let args = parse::arguments(fetch.name, fetch.params, fetch.check, &raw_args, compile)?;
        check_place(fetch, compile)?;
        let mut expr = Expr { fetch, args, steps: Vec::new(), out: fetch.out, source: Box::default() };
        while cursor.eat(b',') {
            // A comma without a converter behind it has always been passed over.
            if matches!(text.get(cursor.position()), None | Some(b',' | b']')) {
                continue;
            }
            let (name, raw_args) = cursor.call(compile)?;
            let convert = converters::lookup(name).ok_or_else(|| parse::unknown_converter(name, compile))?;
            expr.append(convert, &raw_args, compile)?;
        }
        let used = cursor.position();
        expr.source = text[..used].into();
        Ok((expr, used))
    }

    /// An expression that is a fetch alone, with arguments already compiled.
    #[must_use]
    pub fn from_fetch(fetch: &'static Fetch, args: Args) -> Expr {
        Expr { fetch, args, steps: Vec::new(), out: fetch.out, source: fetch.name.as_bytes().into() }
    }

    /// Compiles converters alone, as they follow the fetch of `stick on` or stand in a test: `conv,conv(args)`.
    ///
    /// # Errors
    /// As [`Expr::compile`].
    pub fn append_converters(&mut self, text: &[u8], compile: &mut Compile<'_>) -> Result<(), Problem> {
        let mut cursor = parse::Cursor::new(text);
        loop {
            let (name, raw_args) = cursor.call(compile)?;
            let convert = converters::lookup(name).ok_or_else(|| parse::unknown_converter(name, compile))?;
            self.append(convert, &raw_args, compile)?;
            if !cursor.eat(b',') {
                break;
            }
        }
        if cursor.position() < text.len() {
            return Err(compile.problem_of(codes::EXPRESSION, "unexpected text after a converter"));
        }
        Ok(())
    }

    fn append(
        &mut self,
        convert: &'static Convert,
        raw: &[Vec<u8>],
        compile: &mut Compile<'_>,
    ) -> Result<(), Problem> {
        if !self.out.casts_to(convert.input) {
            return Err(compile.problem_of(
                codes::TYPE,
                format!(
                    "converter `{}` takes {}, which {} cannot become",
                    convert.name,
                    parse::type_title(convert.input),
                    parse::type_title(self.out)
                ),
            ));
        }
        let args = parse::arguments(convert.name, convert.params, convert.check, raw, compile)?;
        let cast = (convert.input != Type::Any && convert.input != self.out).then_some(convert.input);
        self.out = convert.out;
        self.steps.push(Step { cast, convert, args });
        Ok(())
    }

    /// The static type of the result.
    #[must_use]
    pub fn out(&self) -> Type {
        self.out
    }

    /// What must exist for it to have a value.
    #[must_use]
    pub fn needs(&self) -> Needs {
        self.fetch.needs
    }

    /// The text it was compiled from.
    #[must_use]
    pub fn source(&self) -> &[u8] {
        &self.source
    }

    /// Whether converters follow its fetch.
    #[must_use]
    pub fn has_converters(&self) -> bool {
        !self.steps.is_empty()
    }

    /// The name of its fetch's row.
    #[must_use]
    pub fn fetch_name(&self) -> &'static str {
        self.fetch.name
    }

    /// One value, or why there is none.
    #[must_use]
    pub fn fetch<'a>(&'a self, txn: &'a Txn) -> Fetched<'a> {
        self.fetch_walk(txn, &mut Walk::once())
    }

    /// One value; "not yet" counts as absent.
    #[must_use]
    pub fn eval<'a>(&'a self, txn: &'a Txn) -> Option<Value<'a>> {
        match self.fetch(txn) {
            Fetched::Value(value) => Some(value),
            Fetched::Absent | Fetched::NotYet => None,
        }
    }

    /// The short way to the texts that [`Expr::fetch_walk`] gives one by one, if there is one.
    #[must_use]
    pub fn texts(&self) -> Option<Texts> {
        self.fetch.texts.filter(|_| self.steps.is_empty() && self.out == Type::Str)
    }

    /// The subject that its texts are where there is one text only.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        match self.texts()? {
            Texts::One(subject) => Some(subject),
            Texts::Each(_) => self.fetch.subject.and_then(|of| of(&self.args)),
        }
    }

    /// The arguments of its fetch.
    #[must_use]
    #[inline]
    pub fn args(&self) -> &Args {
        &self.args
    }

    /// What its converters make of `value`, which is of the type that its fetch gives, in place of what that would give.
    #[must_use]
    pub fn convert<'a>(&'a self, value: Value<'a>, txn: &'a Txn) -> Option<Value<'a>> {
        self.steps.iter().try_fold(value, |value, step| {
            let cast = match step.cast {
                Some(to) => value.cast(to)?,
                None => value,
            };
            (step.convert.run)(cast, &step.args, txn)
        })
    }

    /// The next of possibly several values; see [`Walk`].
    #[must_use]
    pub fn fetch_walk<'a>(&'a self, txn: &'a Txn, walk: &mut Walk) -> Fetched<'a> {
        let mut value = match (self.fetch.run)(txn, &self.args, walk) {
            Fetched::Value(value) => value,
            other @ (Fetched::Absent | Fetched::NotYet) => return other,
        };
        for step in &self.steps {
            let cast = match step.cast {
                Some(to) => value.cast(to),
                None => Some(value),
            };
            let converted = cast.and_then(|v| (step.convert.run)(v, &step.args, txn));
            // What a converter is sure of needs no more data.
            walk.may_change &= !txn.is_settled.take();
            let Some(next) = converted else { return Fetched::Absent };
            value = next;
        }
        Fetched::Value(value)
    }
}

fn check_place(fetch: &'static Fetch, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let missing = fetch.needs.without(compile.place.offers());
    if missing == Needs::NOTHING {
        return Ok(());
    }
    let text = format!("`{}` has no value in {}", fetch.name, compile.place.title());
    if compile.place == crate::Place::Log || missing == Needs::BACKEND || missing == Needs::SERVER {
        compile.warn_of(codes::NO_VALUE_HERE, text);
        return Ok(());
    }
    Err(compile.problem_of(codes::NO_VALUE_HERE, text))
}
