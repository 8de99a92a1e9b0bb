//! A criterion: an expression and what its values are compared with.

use std::sync::Arc;

use diag::{Span, codes};
use sample::compile::problem_of;
use sample::{Args, Compile, Expr, Fetched, Needs, Place, Problem, Texts, Txn, Walk, converters};
use state::pattern::PatternExpr;
use state::{Type, Value};
use syntax::{Quoting, Word};

use super::guard::Compared;
use super::keyword::{self, Keyword, Notation};
use super::matcher::{self, Matcher};
use super::options::Options;
use super::table::Acl;
use super::{Data, Tri, predefined};
use crate::observe::{Look, Observer, Place as Position};

/// One line of an ACL.
#[derive(Debug)]
pub(super) struct Criterion {
    /// The short way, where there is one.
    texts: Option<TextTest>,
    expr: Expr,
    matcher: Matcher,
    /// What the values are cast to before they are compared.
    cast: Type,
    /// The keyword as it was written, without its arguments.
    keyword: Box<str>,
    /// Its line.
    place: Position,
}

/// What most criteria do: texts as they are, compared with patterns.
#[derive(Debug)]
struct TextTest {
    texts: Texts,
    patterns: Box<[Arc<PatternExpr>]>,
}

impl TextTest {
    /// Whether one of the texts matches; `None` if that cannot be told before more data came.
    #[inline]
    fn test(&self, txn: &Txn, args: &Args) -> Option<bool> {
        let matches =
            |text: &[u8]| self.patterns.iter().any(|one| one.with_set(|set| set.matches_text(text)));
        self.texts.any(txn, args, matches)
    }
}

impl Criterion {
    /// Compiles `words`: expression, options, patterns.
    pub(super) fn compile(words: &[Word], compile: &mut Compile<'_>) -> Result<Criterion, Problem> {
        let (outer_place, outer_span) = (compile.place, compile.span);
        compile.place = Place::Acl;
        let result = Criterion::compile_anywhere(words, compile);
        compile.place = outer_place;
        compile.span = outer_span;
        result
    }

    fn compile_anywhere(words: &[Word], compile: &mut Compile<'_>) -> Result<Criterion, Problem> {
        let Some((subject, rest)) = words.split_first() else {
            return Err(
                compile.problem_of(codes::ACL_CRITERION, "an ACL needs a criterion, as `path_beg /x`")
            );
        };
        compile.span = subject.span;
        let (keyword, expr) = expression(subject, rest, compile)?;
        warn_about_parenthesis(subject, rest, compile);
        let options = Options::parse(rest)?;
        // A converter leaves nothing of the keyword's own way to compare.
        let derived = keyword.filter(|_| !expr.has_converters());
        warn_about_missing_patterns(&expr, derived, rest, compile);
        let matcher = Matcher::compile(&expr, derived, &options, compile)?;
        warn_about_overwritten_method(keyword, &matcher, subject, compile);
        let texts = expr.texts().zip(matcher.of_texts());
        Ok(Criterion {
            texts: texts.map(|(texts, patterns)| TextTest { texts, patterns: patterns.into() }),
            cast: matcher.expects(),
            keyword: name_of(&subject.text),
            expr,
            matcher,
            place: subject.span.into(),
        })
    }

    /// The predefined ACL called `name`, compiled where it is used; `None` if there is none.
    pub(super) fn predefined(name: &[u8], compile: &mut Compile<'_>) -> Option<Result<Criterion, Problem>> {
        let span = compile.span;
        let words: Vec<Word> = predefined::words(name)?.iter().map(|text| bare(text, span)).collect();
        Some(Criterion::compile(&words, compile))
    }

    /// The predefined ACL called `name` where nothing is known of the configuration: none of them names anything.
    pub(super) fn predefined_alone(name: &[u8]) -> Option<Arc<Acl>> {
        let mut diags = diag::Diagnostics::new();
        let mut uses = sample::compile::Uses::default();
        let span = Span::line(diag::FileId(0), 1);
        let criterion = Criterion::predefined(
            name,
            &mut Compile {
                place: Place::Acl,
                proxy: None,
                mode: state::proxy::Mode::Http,
                names: &NoNames,
                diags: &mut diags,
                uses: &mut uses,
                span,
            },
        )?;
        Some(Arc::new(Acl::new(name, span, criterion.ok()?)))
    }

    /// Whether it does nothing but compare texts of the request.
    pub(super) fn is_of_request_texts(&self) -> bool {
        self.texts.is_some() && self.needs() == Needs::REQUEST
    }

    /// The subject that it is about, if there is one only, and what that is compared with.
    pub(super) fn subject(&self) -> Option<Compared<'_>> {
        Some((self.expr.subject()?, &*self.texts.as_ref()?.patterns))
    }

    /// What must exist for it to have a value.
    pub(super) fn needs(&self) -> Needs {
        self.expr.needs()
    }

    /// The keyword as it was written, without its arguments.
    pub(super) fn keyword(&self) -> &str {
        &self.keyword
    }

    /// Whether one of the expression's values matches.
    #[inline]
    pub(super) fn test<O: Observer>(&self, txn: &Txn, data: Data, observer: &mut O) -> Tri {
        // Whoever watches is shown every value; for the others most have nothing to be made into values.
        if !O::IS_ON
            && let Some(texts) = &self.texts
        {
            return match texts.test(txn, self.expr.args()) {
                Some(true) => Tri::Yes,
                None if data == Data::Partial => Tri::NotYet,
                Some(false) | None => Tri::No,
            };
        }
        self.test_values(txn, data, observer)
    }

    /// As [`Criterion::test`], value by value.
    fn test_values<O: Observer>(&self, txn: &Txn, data: Data, observer: &mut O) -> Tri {
        let mut walk = Walk::each();
        let mut result = Tri::No;
        loop {
            walk.more = false;
            walk.may_change = false;
            match self.expr.fetch_walk(txn, &mut walk) {
                Fetched::Value(value) => {
                    if O::IS_ON {
                        observer.looked(self.look_at(&value, txn));
                    }
                    let matches = if value.is_a(self.cast) {
                        // As most are: nothing to make anew.
                        self.matcher.matches(&value, txn)
                    } else {
                        value.cast(self.cast).is_some_and(|value| self.matcher.matches(&value, txn))
                    };
                    if matches {
                        return Tri::Yes;
                    }
                }
                // A converter may well have a value for what comes.
                Fetched::Absent if walk.may_change && data == Data::Partial => {
                    return self.without_value(Tri::NotYet, Tri::NotYet, observer);
                }
                Fetched::Absent => return self.without_value(result, Tri::No, observer),
                Fetched::NotYet if data == Data::Partial => {
                    return self.without_value(Tri::NotYet, Tri::NotYet, observer);
                }
                Fetched::NotYet => return self.without_value(result, Tri::No, observer),
            }
            if walk.may_change && data == Data::Partial {
                result = Tri::NotYet;
            }
            if !walk.more {
                return result;
            }
        }
    }

    /// Passes the result `of_all` values on; tells `observer` that there is no further one, which alone means `here`.
    #[inline]
    fn without_value<O: Observer>(&self, of_all: Tri, here: Tri, observer: &mut O) -> Tri {
        if O::IS_ON {
            observer.looked(Look { result: here, ..self.look() });
        }
        of_all
    }

    /// What can be said before there is a value.
    fn look(&self) -> Look<'_> {
        Look {
            place: self.place,
            source: self.expr.source(),
            value: None,
            method: self.matcher.method(),
            patterns: self.matcher.len(),
            matched: None,
            result: Tri::No,
        }
    }

    /// For explanations: how `value` compares.
    #[cold]
    fn look_at<'v>(&'v self, value: &'v Value<'v>, txn: &Txn) -> Look<'v> {
        let matched = value.borrowed().cast(self.cast).and_then(|value| self.matcher.explain(&value, txn));
        Look {
            value: Some(value.borrowed()),
            result: if matched.is_some() { Tri::Yes } else { Tri::No },
            matched: matched.flatten(),
            ..self.look()
        }
    }
}

/// The expression that a subject means, and the ACL keyword that it begins with.
fn expression(
    subject: &Word,
    rest: &[Word],
    compile: &mut Compile<'_>,
) -> Result<(Option<Keyword>, Expr), Problem> {
    let name = name_of(&subject.text);
    let text = subject.text.strip_suffix(b",").unwrap_or(&subject.text);
    if let Some(keyword) = keyword::lookup(&name) {
        let mut plain = keyword.fetch.as_bytes().to_vec();
        plain.extend_from_slice(text.get(name.len()..).unwrap_or_default());
        return Ok((Some(keyword), Expr::compile(&plain, compile)?));
    }
    let mut expr = Expr::compile(text, compile).map_err(|problem| with_keyword_suggestion(problem, &name))?;
    // Behind a plain fetch, words that name converters are converters, as in HAProxy; they are patterns all the same.
    for word in rest {
        let text = word.text.strip_suffix(b",").unwrap_or(&word.text);
        if converters::lookup(name_of(text).as_bytes()).is_none() {
            break;
        }
        compile.span = word.span;
        expr.append_converters(text, compile)?;
    }
    compile.span = subject.span;
    Ok((None, expr))
}

/// What is not a fetch either may be a mistyped ACL keyword.
fn with_keyword_suggestion(mut problem: Problem, name: &str) -> Problem {
    if problem.suggestion.is_none() && problem.message.starts_with("unknown sample fetch") {
        let keywords: Vec<String> = keyword::names().collect();
        problem.suggestion = diag::nearest(name, keywords.iter().map(String::as_str)).map(str::to_owned);
    }
    problem
}

/// The keyword that `text` begins with.
fn name_of(text: &[u8]) -> Box<str> {
    let is_name = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+');
    text.iter().take_while(is_name).map(|b| char::from(*b)).collect::<String>().into()
}

fn bare(text: &str, span: Span) -> Word {
    Word { text: text.as_bytes().to_vec(), span, quoting: Quoting::Bare }
}

fn warn_about_parenthesis(subject: &Word, rest: &[Word], compile: &mut Compile<'_>) {
    if !subject.text.contains(&b'(') && rest.first().is_some_and(|word| word.text.starts_with(b"(")) {
        compile.span = rest[0].span;
        compile.warn_of(codes::ACL_SUSPICIOUS, format!(
            "`{}` is taken as a pattern; arguments follow their keyword without a space (`--` before the pattern \
             silences this)",
            rest[0].lossy()
        ));
        compile.span = subject.span;
    }
}

/// Without patterns only booleans can match; that is rarely meant.
fn warn_about_missing_patterns(
    expr: &Expr,
    derived: Option<Keyword>,
    rest: &[Word],
    compile: &mut Compile<'_>,
) {
    let has_method = derived.is_some() || matcher::usual(expr.out()).is_some();
    if rest.is_empty() && has_method && expr.out() != Type::Bool {
        compile.warn_of(codes::ACL_SUSPICIOUS, format!(
            "`{}` has nothing to match against and never matches; `-m found` tests for existence, `-m bool` for a \
             number that is not 0, `--` silences this",
            base::Lossy(expr.source())
        ));
    }
}

/// A keyword that says how to match does not when `-m` or a converter decides otherwise.
fn warn_about_overwritten_method(
    keyword: Option<Keyword>,
    matcher: &Matcher,
    subject: &Word,
    compile: &mut Compile<'_>,
) {
    let (Some(keyword), Some(method)) = (keyword, matcher.method()) else { return };
    let is_other = keyword.notation == Notation::Method || keyword.matching != method;
    if keyword.is_own_method() && is_other {
        compile.span = subject.span;
        let name = name_of(&subject.text);
        compile.warn_of(
            codes::ACL_SUSPICIOUS,
            format!("`{name}` matches by `{}` here, not as its name says", method.name()),
        );
    }
}

/// For predefined ACLs, which name nothing.
struct NoNames;

impl sample::Names for NoNames {
    fn proxy(&self, _: &[u8], _: state::proxy::Sides) -> Option<sample::compile::ProxyName> {
        None
    }
    fn server(&self, _: base::ProxyId, _: &[u8]) -> Option<base::ServerId> {
        None
    }
    fn userlist(&self, _: &[u8]) -> Option<usize> {
        None
    }
    fn file(&self, _: &[u8]) -> Result<Arc<[u8]>, String> {
        Err("no file is read here".to_owned())
    }
    fn acl(&self, _: &[u8]) -> Option<Arc<dyn sample::compile::AclTest>> {
        None
    }
    fn proxy_names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Reports a problem at a word.
pub(super) fn at(word: &Word, text: impl Into<String>) -> Problem {
    problem_of(codes::ACL_CRITERION, word.span, text)
}
