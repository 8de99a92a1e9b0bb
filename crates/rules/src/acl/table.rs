//! Named ACLs of a proxy, in the order of their definition.
//!
//! A condition holds on to the ACLs it names, and a later line of the same name adds to them, wherever they are already
//! in use. So an ACL's criteria are a chain that only ever grows: reading it takes no lock.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, OnceLock};

use diag::{Span, codes};
use sample::compile::{AclTest, problem_of};
use sample::{Compile, Needs, Problem, Txn};

use super::criterion::Criterion;
use super::guard::Compared;
use super::{Data, Tri, predefined};
use crate::observe::{NoTrace, Observer};
use crate::words::Words;

/// ACLs that use each other through the `acl()` fetch may do so this deep.
const DEPTH_MAX: usize = 200;

/// A named or anonymous test: alternatives of which one must match.
pub struct Acl {
    name: Box<[u8]>,
    /// Where its first line names it.
    span: Span,
    criteria: OnceLock<Box<Link>>,
}

struct Link {
    criterion: Criterion,
    next: OnceLock<Box<Link>>,
}

impl fmt::Debug for Acl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acl")
            .field("name", &base::Lossy(&self.name).to_string())
            .field("criteria", &self.criteria().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Acl {
    /// An ACL of one criterion; an empty name makes it anonymous.
    pub(super) fn new(name: &[u8], span: Span, criterion: Criterion) -> Acl {
        let acl = Acl { name: name.into(), span, criteria: OnceLock::new() };
        acl.add(criterion);
        acl
    }

    /// Its name; empty for an anonymous one.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Where it was first defined.
    #[must_use]
    pub fn defined_at(&self) -> Span {
        self.span
    }

    /// Whether it matches now.
    #[must_use]
    pub fn test(&self, txn: &Txn) -> Tri {
        self.test_with(txn, Data::Partial, &mut NoTrace)
    }

    #[inline]
    pub(super) fn test_with<O: Observer>(&self, txn: &Txn, data: Data, observer: &mut O) -> Tri {
        Tri::any(self.criteria(), |criterion| criterion.test(txn, data, observer))
    }

    /// Of each criterion the subject and its patterns, if that is all it is about; `None` if not all compare texts of the
    /// request.
    pub(super) fn text_criteria(&self) -> Option<Vec<Option<Compared<'_>>>> {
        self.criteria()
            .map(|criterion| criterion.is_of_request_texts().then(|| criterion.subject()))
            .collect()
    }

    /// The keyword of its first criterion that can have no value where only `offered` exists.
    pub(super) fn useless_keyword(&self, offered: Needs) -> Option<&str> {
        self.criteria().find(|c| !offered.covers(c.needs())).map(Criterion::keyword)
    }

    /// Whether none of its criteria can have a value where only `offered` exists.
    pub(super) fn is_useless(&self, offered: Needs) -> bool {
        self.criteria().all(|c| !offered.covers(c.needs()))
    }

    fn criteria(&self) -> impl Iterator<Item = &Criterion> {
        std::iter::successors(self.criteria.get(), |link| link.next.get()).map(|link| &link.criterion)
    }

    fn add(&self, criterion: Criterion) {
        let mut end = &self.criteria;
        while let Some(link) = end.get() {
            end = &link.next;
        }
        let link = Box::new(Link { criterion, next: OnceLock::new() });
        assert!(end.set(link).is_ok(), "ACLs are defined by one thread");
    }
}

impl AclTest for Acl {
    fn test(&self, txn: &Txn) -> Option<bool> {
        match Acl::test(self, txn) {
            Tri::Yes => Some(true),
            Tri::No => Some(false),
            Tri::NotYet => None,
        }
    }
}

/// What an ACL that is defined so far uses through the `acl()` fetch.
#[derive(Debug)]
struct Entry {
    acl: Arc<Acl>,
    uses: Vec<Arc<Acl>>,
    depth: usize,
}

/// The named ACLs of one proxy, while its section is read.
#[derive(Debug, Default)]
pub struct AclTable {
    entries: RefCell<Vec<Entry>>,
    /// What [`AclTable::get`] handed out since the definition under way began.
    handed_out: RefCell<Vec<Arc<Acl>>>,
}

impl AclTable {
    /// No ACLs but the predefined ones.
    #[must_use]
    pub fn new() -> AclTable {
        AclTable::default()
    }

    /// Reads an `acl` line; the cursor stands behind `acl`.
    ///
    /// # Errors
    /// A name that cannot be used, a criterion that does not compile, an ACL that would use itself.
    pub fn define(&self, words: &mut Words<'_>, compile: &mut Compile<'_>) -> Result<(), Problem> {
        let word = words.need("the name of the ACL")?;
        check_name(word)?;
        self.handed_out.borrow_mut().clear();
        if words.peek().is_none() {
            return Err(problem_of(
                codes::MISSING_ARGUMENT,
                words.span(),
                "the ACL's criterion is missing, as in `acl NAME path_beg /x`",
            ));
        }
        let criterion = Criterion::compile(words.take_rest(), compile)?;
        let uses = self.handed_out.take();
        let depth = 1 + uses.iter().map(|acl| self.depth_of(acl)).max().unwrap_or(0);
        if depth > DEPTH_MAX {
            return Err(problem_of(
                codes::ACL_CRITERION,
                word.span,
                "too many ACLs use each other through `acl()`",
            ));
        }
        if self.reaches(&uses, &word.text) {
            let name = base::Lossy(&word.text).to_string();
            return Err(problem_of(
                codes::ACL_CRITERION,
                word.span,
                format!("the ACL `{name}` would use itself through `acl()`"),
            ));
        }
        let mut entries = self.entries.borrow_mut();
        if let Some(entry) = entries.iter_mut().find(|entry| *entry.acl.name == *word.text) {
            entry.acl.add(criterion);
            entry.uses.extend(uses);
            entry.depth = entry.depth.max(depth);
        } else {
            let acl = Arc::new(Acl::new(&word.text, word.span, criterion));
            entries.push(Entry { acl, uses, depth });
        }
        Ok(())
    }

    /// The ACL called `name` that was defined so far, else the predefined one.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<Arc<Acl>> {
        let found = self.defined(name).or_else(|| Criterion::predefined_alone(name));
        self.handed_out.borrow_mut().extend(found.clone());
        found
    }

    /// The names defined so far with the place of their first lines.
    #[must_use]
    pub fn names(&self) -> Vec<(Box<[u8]>, Span)> {
        self.entries.borrow().iter().map(|entry| (entry.acl.name.clone(), entry.acl.span)).collect()
    }

    /// As [`AclTable::get`] for a condition, where a predefined one that does not compile is an error.
    pub(super) fn find(&self, name: &[u8], compile: &mut Compile<'_>) -> Result<Arc<Acl>, Problem> {
        if let Some(acl) = self.defined(name) {
            return Ok(acl);
        }
        match Criterion::predefined(name, compile) {
            Some(criterion) => Ok(Arc::new(Acl::new(name, compile.span, criterion?))),
            None => Err(self.unknown(name, compile)),
        }
    }

    fn defined(&self, name: &[u8]) -> Option<Arc<Acl>> {
        self.entries.borrow().iter().find(|entry| *entry.acl.name == *name).map(|entry| entry.acl.clone())
    }

    fn unknown(&self, name: &[u8], compile: &Compile<'_>) -> Problem {
        let name = base::Lossy(name).to_string();
        let mut problem = compile.problem_of(codes::UNKNOWN_ACL, format!("no such ACL: `{name}`"));
        if matches!(name.as_str(), "&&" | "and" | "AND") {
            problem
                .notes
                .push("tests that follow each other must all hold; nothing stands between them".into());
            return problem;
        }
        let entries = self.entries.borrow();
        let mut known: Vec<String> = entries.iter().map(|e| base::Lossy(&e.acl.name).to_string()).collect();
        known.extend(predefined::names().map(str::to_owned));
        problem.suggestion = diag::nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
        if problem.suggestion.is_none() && name.starts_with('{') {
            problem.notes.push("the braces of an anonymous ACL stand alone: `{ path /x }`".into());
        }
        problem
    }

    fn depth_of(&self, acl: &Arc<Acl>) -> usize {
        let entries = self.entries.borrow();
        entries.iter().find(|entry| Arc::ptr_eq(&entry.acl, acl)).map_or(0, |entry| entry.depth)
    }

    /// Whether any of `from` is called `name`, or uses one that is.
    fn reaches(&self, from: &[Arc<Acl>], name: &[u8]) -> bool {
        let entries = self.entries.borrow();
        let mut seen: Vec<&Arc<Acl>> = Vec::new();
        let mut open: Vec<&Arc<Acl>> = from.iter().collect();
        while let Some(acl) = open.pop() {
            if seen.iter().any(|known| Arc::ptr_eq(known, acl)) {
                continue;
            }
            let Some(entry) = entries.iter().find(|entry| Arc::ptr_eq(&entry.acl, acl)) else { continue };
            if *acl.name == *name {
                return true;
            }
            seen.push(acl);
            open.extend(&entry.uses);
        }
        false
    }
}

fn check_name(word: &syntax::Word) -> Result<(), Problem> {
    if word.text.eq_ignore_ascii_case(b"or") {
        return Err(problem_of(
            codes::ACL_NAME,
            word.span,
            "an ACL cannot be called `or`: that word separates alternatives",
        ));
    }
    let is_allowed = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'_' | b'-');
    match word.text.iter().find(|b| !is_allowed(b)) {
        None => Ok(()),
        Some(bad) => {
            let bad = base::Lossy(std::slice::from_ref(bad)).to_string();
            Err(problem_of(codes::ACL_NAME, word.span, format!("an ACL's name cannot hold `{bad}`")))
        }
    }
}
