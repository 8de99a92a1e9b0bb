//! Conditions: what stands behind `if` and `unless` (configuration manual, chapter 7.2).

use std::sync::{Arc, OnceLock};

use diag::{Diagnostic, codes};
use sample::compile::problem_of;
use sample::{Compile, Problem, Txn};
use syntax::Word;

use super::criterion::Criterion;
use super::guard::{Compared, Guard, Subjects};
use super::table::{Acl, AclTable};
use super::{Data, Tri};
use crate::observe::{self, NoTrace, Observer};
use crate::words::Words;

/// One test of a condition.
#[derive(Debug)]
struct Term {
    acl: Arc<Acl>,
    is_negated: bool,
}

impl Term {
    /// The subjects that decide about it, with the patterns that they are compared with; none where there are others. `None`
    /// if it does more than look at the request, so that what stands behind it must not be told before it.
    fn subjects(&self) -> Option<Vec<Compared<'_>>> {
        let criteria = self.acl.text_criteria()?;
        if self.is_negated {
            return Some(Vec::new());
        }
        Some(criteria.into_iter().collect::<Option<_>>().unwrap_or_default())
    }
}

/// A compiled condition: alternatives of tests that must all hold.
#[derive(Debug)]
pub struct Condition {
    /// What it takes at the least, if that can be told.
    guard: OnceLock<Option<Box<Guard>>>,
    alternatives: Box<[Box<[Term]>]>,
    is_unless: bool,
}

impl Condition {
    /// Compiles the rest of a line; the cursor stands at `if` or `unless`. Warns about tests that cannot match at
    /// `compile.place`.
    ///
    /// # Errors
    /// Another word than `if` and `unless`, an ACL that is not defined before this line, an anonymous ACL that does not
    /// compile or has no closing brace.
    pub fn compile(
        words: &mut Words<'_>,
        compile: &mut Compile<'_>,
        acls: &AclTable,
    ) -> Result<Condition, Problem> {
        let is_unless = match words.next() {
            Some(word) if word.text == b"if" => false,
            Some(word) if word.text == b"unless" => true,
            _ => {
                return Err(problem_of(
                    codes::RULE_CONDITION,
                    words.span(),
                    "a condition begins with `if` or `unless`",
                ));
            }
        };
        let alternatives = alternatives(words, compile, acls)?.into();
        let condition = Condition { guard: OnceLock::new(), alternatives, is_unless };
        condition.warn_about_place(compile);
        Ok(condition)
    }

    /// Whether the rule under this condition is to run; `unless` is taken into account.
    #[must_use]
    #[inline]
    pub fn test(&self, txn: &Txn) -> Tri {
        self.test_with(txn, Data::Partial, &mut NoTrace)
    }

    /// As [`Condition::test`], and tells `observer` how it came to that.
    #[inline]
    pub fn test_watched<O: Observer>(&self, txn: &Txn, observer: &mut O) -> Tri {
        self.test_with(txn, Data::Partial, observer)
    }

    /// As [`Condition::test_watched`], for one of several conditions that are tested one after the other: what `subjects`
    /// keeps of the request decides most of them.
    #[inline]
    pub fn test_among<O: Observer>(&self, txn: &Txn, subjects: &mut Subjects, observer: &mut O) -> Tri {
        // Whoever watches is shown everything.
        if !O::IS_ON
            && let Some(guard) = self.guard.get_or_init(|| self.find_guard())
            && !guard.lets_pass(txn, subjects)
        {
            return Tri::No;
        }
        self.test_with(txn, Data::Partial, observer)
    }

    /// The first term of each alternative that has marks to be looked for.
    #[cold]
    fn find_guard(&self) -> Option<Box<Guard>> {
        if self.is_unless {
            return None;
        }
        let mut terms = Vec::new();
        for alternative in &self.alternatives {
            terms.extend(alternative.iter().map_while(Term::subjects).find(|list| !list.is_empty())?);
        }
        Guard::of(&terms).map(Box::new)
    }

    /// The same when no more data will come: what is not there yet counts as absent.
    #[must_use]
    pub fn decide(&self, txn: &Txn) -> bool {
        self.decide_watched(txn, &mut NoTrace)
    }

    /// As [`Condition::decide`], and tells `observer` how it came to that.
    pub fn decide_watched<O: Observer>(&self, txn: &Txn, observer: &mut O) -> bool {
        self.test_with(txn, Data::Final, observer) == Tri::Yes
    }

    fn test_with<O: Observer>(&self, txn: &Txn, data: Data, observer: &mut O) -> Tri {
        observer.condition_begins();
        let result = Tri::any(&self.alternatives, |terms| all(terms, txn, data, observer));
        let result = if self.is_unless { !result } else { result };
        observer.condition(result);
        result
    }

    /// Warns about the first test that can never match here, else about the first that cannot fully do so.
    fn warn_about_place(&self, compile: &mut Compile<'_>) {
        let (offered, place) = (compile.place.offers(), compile.place.title());
        let acls = || self.alternatives.iter().flatten().map(|term| &term.acl);
        let text = if let Some(acl) = acls().find(|acl| acl.is_useless(offered)) {
            let keyword = acl.useless_keyword(offered).unwrap_or_default();
            format!("{} never matches: `{keyword}` has no value in {place}", title(acl))
        } else if let Some((acl, keyword)) = acls().find_map(|a| Some((a, a.useless_keyword(offered)?))) {
            format!("{} uses `{keyword}`, which has no value in {place}", title(acl))
        } else {
            return;
        };
        compile.diags.push(Diagnostic::warning(text).at(compile.span).code(codes::ACL_SUSPICIOUS));
    }
}

fn title(acl: &Acl) -> String {
    match acl.name() {
        b"" => "this anonymous ACL".to_owned(),
        name => format!("the ACL `{}`", base::Lossy(name)),
    }
}

/// Whether all tests hold; stops at the first that does not, or that cannot be told.
#[inline]
fn all<O: Observer>(terms: &[Term], txn: &Txn, data: Data, observer: &mut O) -> Tri {
    for term in terms {
        let result = term.acl.test_with(txn, data, observer);
        let result = if term.is_negated { !result } else { result };
        observer.term(observe::Term { name: term.acl.name(), is_negated: term.is_negated, result });
        if result != Tri::Yes {
            return result;
        }
    }
    Tri::Yes
}

fn alternatives(
    words: &mut Words<'_>,
    compile: &mut Compile<'_>,
    acls: &AclTable,
) -> Result<Vec<Box<[Term]>>, Problem> {
    let mut done: Vec<Box<[Term]>> = Vec::new();
    let mut current = Vec::new();
    let mut is_negated = false;
    while let Some(word) = words.next() {
        let marks = word.text.iter().take_while(|b| **b == b'!').count();
        is_negated ^= marks % 2 == 1;
        let name = &word.text[marks..];
        if name.is_empty() {
            continue;
        }
        if name.eq_ignore_ascii_case(b"or") || name == b"||" {
            done.extend(finished(&mut current));
            is_negated = false;
            continue;
        }
        let acl = if name == b"{" {
            anonymous(word, words, compile)?
        } else {
            compile.span = word.span;
            acls.find(name, compile)?
        };
        current.push(Term { acl, is_negated });
        is_negated = false;
    }
    done.extend(finished(&mut current));
    Ok(done)
}

fn finished(terms: &mut Vec<Term>) -> Option<Box<[Term]>> {
    (!terms.is_empty()).then(|| std::mem::take(terms).into_boxed_slice())
}

/// `{ criterion }`; the cursor stands behind the opening brace.
fn anonymous(open: &Word, words: &mut Words<'_>, compile: &mut Compile<'_>) -> Result<Arc<Acl>, Problem> {
    let rest = words.rest();
    let Some(len) = rest.iter().position(|word| word.text == b"}") else {
        return Err(problem_of(
            codes::RULE_CONDITION,
            open.span,
            "the closing `}` is missing in this condition",
        ));
    };
    if len == 0 {
        return Err(problem_of(codes::RULE_CONDITION, open.span, "there is nothing between these braces"));
    }
    let acl = Acl::new(b"", open.span, Criterion::compile(&rest[..len], compile)?);
    for _ in 0..=len {
        words.next();
    }
    Ok(Arc::new(acl))
}
