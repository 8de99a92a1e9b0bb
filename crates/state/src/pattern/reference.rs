//! Patterns that can be changed at run time (`show map`, `add acl`, `prepare`, `commit`, ...).
//!
//! A [`PatternRef`] holds texts in generations, of which one is current; the others are being prepared. Every use
//! with a method, case and output is a [`PatternExpr`] with a compiled set of the current generation. Changes are
//! made under the reference's lock and then published, set by set; look-ups take whichever set is there.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::ends::Mark;
use super::entry::{Entries, Entry, Held, Output, OutputError};
use super::file::Line;
use super::generation::Generation;
use super::index::Index;
use super::parse::{PatternError, PatternWhy};
use super::published::Published;
use super::set::PatternSet;
use super::{Case, Method};
use crate::settled::Look;

/// Whether entries have values: a file cannot be used both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Columns {
    /// Patterns alone, as ACLs use them.
    One,
    /// Patterns and values, as maps use them.
    Two,
}

/// Why a change at run time is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefError {
    /// No entry has this pattern or id.
    #[error("key not found")]
    NotFound,
    /// The pattern does not suit one of the methods that the reference is used with.
    #[error(transparent)]
    Pattern(#[from] PatternWhy),
    /// The value does not suit one of the maps that the reference is used by.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// No such generation was prepared, or a later one is current already.
    #[error("version number out of range")]
    Generation,
}

/// A reference cannot be used with this method or output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct AttachError {
    /// The line of the entry that does not suit, 0 if it came from no file.
    pub line: u32,
    /// What is wrong with it.
    pub why: PatternWhy,
}

/// One use of a reference with a method.
#[derive(Debug)]
pub struct PatternExpr {
    reference: Arc<PatternRef>,
    method: Method,
    case: Case,
    output: Output,
    set: Published,
}

impl PatternExpr {
    /// Hands the patterns as they are now to `read`: what requests do.
    #[inline]
    pub fn with_set<R>(&self, read: impl FnOnce(&PatternSet) -> R) -> R {
        self.set.with(read)
    }

    /// The patterns as they are now, for who looks seldom; hold it only as long as it is looked at.
    #[must_use]
    pub fn set(&self) -> Look<'_, PatternSet> {
        self.set.load()
    }

    /// What texts that match have at their ends, one or another of these, as long as [`PatternExpr::is_as_written`];
    /// `None` where that cannot be said.
    #[must_use]
    pub fn marks(&self) -> Option<Vec<Mark>> {
        self.is_as_written().then(|| self.set().marks().map(Iterator::collect)).flatten()
    }

    /// Whether the patterns are those of the start: nothing was added or removed since.
    #[must_use]
    #[inline]
    pub fn is_as_written(&self) -> bool {
        self.set.is_first()
    }

    /// Where the patterns are kept.
    #[must_use]
    pub fn reference(&self) -> &Arc<PatternRef> {
        &self.reference
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// Whether case counts.
    #[must_use]
    pub fn case(&self) -> Case {
        self.case
    }

    /// What a map's values are read as.
    #[must_use]
    pub fn output(&self) -> Output {
        self.output
    }

    /// Checks that an entry suits this use.
    fn check(&self, pattern: &[u8], value: Option<&[u8]>) -> Result<(), RefError> {
        if let Some(value) = value {
            self.output.check(value)?;
        }
        Index::new(self.method, self.case, &[pattern]).map_err(|error| error.why)?;
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Inner {
    generations: BTreeMap<u32, Generation>,
    current: u32,
    newest: u32,
    next_id: u64,
    exprs: Vec<Weak<PatternExpr>>,
}

impl Inner {
    fn exprs(&mut self) -> Vec<Arc<PatternExpr>> {
        self.exprs.retain(|expr| expr.strong_count() > 0);
        self.exprs.iter().filter_map(Weak::upgrade).collect()
    }

    fn current(&mut self) -> &mut Generation {
        self.generations.entry(self.current).or_default()
    }

    fn new_entry(&mut self, pattern: &[u8], value: Option<&[u8]>, line: u32) -> Entry {
        self.next_id += 1;
        Entry::new(self.next_id, pattern, value, line)
    }

    /// Compiles the current generation for every use.
    fn rebuild(&mut self) -> Result<(), PatternWhy> {
        let entries = self.current().settle();
        publish(self.exprs(), |expr| PatternSet::of_entries(expr.method, expr.case, entries.clone()))
    }

    fn add(&mut self, pattern: &[u8], value: Option<&[u8]>) -> Result<(), RefError> {
        let exprs = self.exprs();
        if let Some(value) = value {
            exprs.iter().try_for_each(|expr| expr.output.check(value))?;
        }
        let entry = self.new_entry(pattern, value, 0);
        let generation = self.current();
        if exprs.is_empty() {
            generation.push(entry);
            return Ok(());
        }
        let grown = generation.with(&entry);
        publish(exprs, |expr| match grown.late() {
            Some(late) => expr.set.load().with(late.clone()),
            None => PatternSet::of_entries(expr.method, expr.case, grown.main().clone()),
        })?;
        generation.grow(grown, &entry);
        Ok(())
    }

    fn set(&mut self, ids: &[u64], value: &[u8]) -> Result<(), RefError> {
        self.exprs().iter().try_for_each(|expr| expr.output.check(value))?;
        let generation = self.current();
        let entries: Vec<Held> = ids.iter().filter_map(|id| generation.numbered(*id)).collect();
        entries.iter().for_each(|entry| entry.set_text(value));
        if entries.is_empty() { Err(RefError::NotFound) } else { Ok(()) }
    }

    fn remove(&mut self, ids: &[u64]) -> Result<(), RefError> {
        let generation = self.current();
        ids.iter().for_each(|id| generation.remove(*id));
        if generation.is_worn() {
            self.rebuild()?;
        }
        if ids.is_empty() { Err(RefError::NotFound) } else { Ok(()) }
    }
}

/// Gives every use the set that `compile` makes for it; if one cannot be made, none changes.
fn publish(
    exprs: Vec<Arc<PatternExpr>>,
    compile: impl Fn(&PatternExpr) -> Result<PatternSet, PatternError>,
) -> Result<(), PatternWhy> {
    let sets: Result<Vec<_>, _> = exprs.iter().map(|expr| compile(expr)).collect();
    for (expr, set) in exprs.iter().zip(sets.map_err(|error| error.why)?) {
        expr.set.store(set);
    }
    Ok(())
}

/// Patterns under a name, which rules share and operators change.
#[derive(Debug)]
pub struct PatternRef {
    name: Box<str>,
    columns: Columns,
    inner: Mutex<Inner>,
}

impl PatternRef {
    /// A reference without entries.
    #[must_use]
    pub fn new(name: &str, columns: Columns) -> Arc<Self> {
        Arc::new(PatternRef { name: name.into(), columns, inner: Mutex::default() })
    }

    /// The file's path, `virt@name`, or what else the configuration calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether entries have values.
    #[must_use]
    pub fn columns(&self) -> Columns {
        self.columns
    }

    /// Adds the lines of a file, before any use is attached.
    pub fn load<'a>(&self, lines: impl Iterator<Item = Line<'a>>) {
        let mut inner = self.inner.lock();
        for line in lines {
            let entry = inner.new_entry(line.pattern, line.value, line.number);
            inner.current().push(entry);
        }
    }

    /// A use with a method; the same one for the same arguments.
    ///
    /// # Errors
    /// An entry is no pattern of this method, or its value no such output.
    pub fn attach(
        self: &Arc<Self>,
        method: Method,
        case: Case,
        output: Output,
    ) -> Result<Arc<PatternExpr>, AttachError> {
        let mut inner = self.inner.lock();
        let is_same = |e: &&Arc<PatternExpr>| (e.method, e.case, e.output) == (method, case, output);
        if let Some(expr) = inner.exprs().iter().find(is_same) {
            return Ok(expr.clone());
        }
        // A use that comes late is compiled from the same lists as the others.
        if !inner.current().is_settled() {
            inner.rebuild().map_err(|why| AttachError { line: 0, why })?;
        }
        let entries = inner.current().settle();
        for entry in &*entries {
            if self.columns == Columns::Two
                && let Some(Err(error)) = entry.with_text(|text| output.check(text))
            {
                return Err(AttachError { line: entry.line, why: error.into() });
            }
        }
        let set = PatternSet::of_entries(method, case, entries.clone());
        let wrong = |error: PatternError| AttachError { line: entries[error.index].line, why: error.why };
        let set = Published::new(set.map_err(wrong)?);
        let expr = Arc::new(PatternExpr { reference: self.clone(), method, case, output, set });
        inner.exprs.push(Arc::downgrade(&expr));
        Ok(expr)
    }

    /// All uses.
    #[must_use]
    pub fn exprs(&self) -> Vec<Arc<PatternExpr>> {
        self.inner.lock().exprs()
    }

    /// The current generation's number (`curr_ver`).
    #[must_use]
    pub fn current(&self) -> u32 {
        self.inner.lock().current
    }

    /// The number that was last given to a prepared generation (`next_ver`).
    #[must_use]
    pub fn newest(&self) -> u32 {
        self.inner.lock().newest
    }

    /// The entries of a generation, the current one by default, in their order.
    #[must_use]
    pub fn entries(&self, generation: Option<u32>) -> Entries {
        let inner = self.inner.lock();
        let found = inner.generations.get(&generation.unwrap_or(inner.current));
        found.map_or_else(|| Generation::default().entries(), Generation::entries)
    }

    /// How many entries the current generation has.
    #[must_use]
    pub fn len(&self) -> usize {
        let inner = self.inner.lock();
        inner.generations.get(&inner.current).map_or(0, Generation::len)
    }

    /// How many entries all generations have together.
    #[must_use]
    pub fn len_of_all(&self) -> usize {
        self.inner.lock().generations.values().map(Generation::len).sum()
    }

    /// Whether the current generation has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first entry whose text is `pattern`; it is not matched, but compared.
    #[must_use]
    pub fn entry(&self, pattern: &[u8]) -> Option<Held> {
        let mut inner = self.inner.lock();
        let generation = inner.current();
        generation.of(pattern).first().and_then(|id| generation.numbered(*id))
    }

    /// Adds an entry at the end, even if there is one with this text (`add map`, `add acl`).
    ///
    /// # Errors
    /// It does not suit a use; nothing was added.
    pub fn add(&self, pattern: &[u8], value: Option<&[u8]>) -> Result<(), RefError> {
        self.inner.lock().add(pattern, value)
    }

    /// Adds an entry unless there is one with this text (`http-request add-acl`).
    ///
    /// # Errors
    /// As [`PatternRef::add`].
    pub fn add_once(&self, pattern: &[u8], value: Option<&[u8]>) -> Result<(), RefError> {
        let mut inner = self.inner.lock();
        if inner.current().of(pattern).is_empty() { inner.add(pattern, value) } else { Ok(()) }
    }

    /// Changes the value of every entry with this text, or adds one (`http-request set-map`).
    ///
    /// # Errors
    /// As [`PatternRef::add`].
    pub fn set_or_add(&self, pattern: &[u8], value: &[u8]) -> Result<(), RefError> {
        let mut inner = self.inner.lock();
        let entries = inner.current().of(pattern);
        if entries.is_empty() { inner.add(pattern, Some(value)) } else { inner.set(&entries, value) }
    }

    /// Changes the value of every entry with this text (`set map`).
    ///
    /// # Errors
    /// There is none, or the value does not suit a use.
    pub fn set(&self, pattern: &[u8], value: &[u8]) -> Result<(), RefError> {
        let mut inner = self.inner.lock();
        let entries = inner.current().of(pattern);
        inner.set(&entries, value)
    }

    /// Changes the value of the entry numbered `id` (`set map <map> #<id>`).
    ///
    /// # Errors
    /// As [`PatternRef::set`].
    pub fn set_by_id(&self, id: u64, value: &[u8]) -> Result<(), RefError> {
        let mut inner = self.inner.lock();
        inner.set(&[id], value)
    }

    /// Removes every entry with this text (`del map`, `del acl`).
    ///
    /// # Errors
    /// There is none.
    pub fn delete(&self, pattern: &[u8]) -> Result<(), RefError> {
        let mut inner = self.inner.lock();
        let entries = inner.current().of(pattern);
        inner.remove(&entries)
    }

    /// Removes the entry numbered `id` (`del map <map> #<id>`).
    ///
    /// # Errors
    /// There is none.
    pub fn delete_by_id(&self, id: u64) -> Result<(), RefError> {
        let mut inner = self.inner.lock();
        if inner.current().numbered(id).is_none() {
            return Err(RefError::NotFound);
        }
        inner.remove(&[id])
    }

    /// Removes all entries of a generation, the current one by default (`clear map`).
    pub fn clear(&self, generation: Option<u32>) {
        let mut inner = self.inner.lock();
        let number = generation.unwrap_or(inner.current);
        inner.generations.remove(&number);
        if number == inner.current {
            // Nothing is left that a use could refuse.
            let _ = inner.rebuild();
        }
    }

    /// Begins a new generation beside the current one and returns its number (`prepare map`).
    pub fn prepare(&self) -> u32 {
        let mut inner = self.inner.lock();
        inner.newest = inner.newest.wrapping_add(1);
        inner.newest
    }

    /// Adds an entry to a generation (`add map @<generation>`).
    ///
    /// # Errors
    /// It does not suit a use, or the generation was never prepared or is older than the current one.
    pub fn add_to(&self, generation: u32, pattern: &[u8], value: Option<&[u8]>) -> Result<(), RefError> {
        let mut inner = self.inner.lock();
        if generation == inner.current {
            return inner.add(pattern, value);
        }
        if !inner.is_prepared(generation) {
            return Err(RefError::Generation);
        }
        inner.exprs().iter().try_for_each(|expr| expr.check(pattern, value))?;
        let entry = inner.new_entry(pattern, value, 0);
        inner.generations.entry(generation).or_default().push(entry);
        Ok(())
    }

    /// Makes a prepared generation the current one and drops those before it (`commit map`).
    ///
    /// # Errors
    /// It was never prepared, or is not newer than the current one.
    pub fn commit(&self, generation: u32) -> Result<(), RefError> {
        let mut inner = self.inner.lock();
        if !inner.is_prepared(generation) {
            return Err(RefError::Generation);
        }
        inner.current = generation;
        let newest = inner.newest;
        let pending = newest.wrapping_sub(generation);
        inner.generations.retain(|number, _| number.wrapping_sub(generation) <= pending);
        Ok(inner.rebuild()?)
    }
}

impl Inner {
    /// Whether `generation` is newer than the current one and was given out; numbers may wrap.
    fn is_prepared(&self, generation: u32) -> bool {
        let ahead = generation.wrapping_sub(self.current);
        ahead > 0 && ahead <= self.newest.wrapping_sub(self.current)
    }
}

#[cfg(test)]
mod tests;
