//! Variables (configuration manual, chapter 2.8): names are interned once, values live in the scope's own list.

use std::sync::LazyLock;

use base::VarId;
use parking_lot::RwLock;
use rustc_hash::FxHashMap;

use crate::value::Value;
use crate::var_limits::{VAR_BYTES, count, text_bytes};

/// How long a variable lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The whole process.
    Proc,
    /// One client connection.
    Sess,
    /// One request and its response.
    Txn,
    /// Request processing only.
    Req,
    /// Response processing only.
    Res,
    /// One health check.
    Check,
}

impl Scope {
    /// The scope that a name begins with, as `txn` in `txn.host`.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Scope> {
        match word {
            b"proc" => Some(Scope::Proc),
            b"sess" => Some(Scope::Sess),
            b"txn" => Some(Scope::Txn),
            b"req" => Some(Scope::Req),
            b"res" => Some(Scope::Res),
            b"check" => Some(Scope::Check),
            _ => None,
        }
    }
}

/// A variable as rules name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VarRef {
    /// How long it lives.
    pub scope: Scope,
    /// Its interned name.
    pub id: VarId,
}

/// Why a variable's name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VarNameError {
    /// It does not begin with a scope and a dot.
    #[error("a variable's name must begin with its scope: proc., sess., txn., req., res. or check.")]
    Scope,
    /// A character other than letters, digits, `.` and `_`.
    #[error("a variable's name may hold letters, digits, '.' and '_' only")]
    Character,
    /// Nothing stands after the scope.
    #[error("the variable has no name after its scope")]
    Empty,
}

#[derive(Default)]
struct Names {
    ids: FxHashMap<Box<[u8]>, VarId>,
    names: Vec<Box<[u8]>>,
}

static NAMES: LazyLock<RwLock<Names>> = LazyLock::new(RwLock::default);

impl VarRef {
    /// Reads `scope.name` and interns the name for the life of the process (names come from configurations and the
    /// runtime API, so their number is bounded by these).
    ///
    /// # Errors
    /// [`VarNameError`].
    pub fn parse(text: &[u8]) -> Result<VarRef, VarNameError> {
        let dot = text.iter().position(|b| *b == b'.').ok_or(VarNameError::Scope)?;
        let scope = Scope::parse(&text[..dot]).ok_or(VarNameError::Scope)?;
        let name = &text[dot + 1..];
        if name.is_empty() {
            return Err(VarNameError::Empty);
        }
        if !name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_')) {
            return Err(VarNameError::Character);
        }
        Ok(VarRef { scope, id: intern(name) })
    }

    /// The name without its scope.
    #[must_use]
    pub fn name(self) -> Box<[u8]> {
        NAMES.read().names[self.id.index()].clone()
    }
}

/// The id of `name`, a new one if it was never seen.
#[must_use]
pub fn intern(name: &[u8]) -> VarId {
    if let Some(id) = lookup(name) {
        return id;
    }
    let mut names = NAMES.write();
    if let Some(id) = names.ids.get(name) {
        return *id;
    }
    let id = VarId::from_index(names.names.len());
    names.names.push(name.into());
    names.ids.insert(name.into(), id);
    id
}

/// The id of `name` if anything ever named it.
#[must_use]
pub fn lookup(name: &[u8]) -> Option<VarId> {
    NAMES.read().ids.get(name).copied()
}

/// The variables of one scope: a short list, since a scope rarely holds more than a handful.
#[derive(Debug, Default)]
pub struct Vars {
    list: Vec<(VarId, Value<'static>)>,
}

impl Vars {
    /// No variables. Allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Vars { list: Vec::new() }
    }

    /// The value of `id`.
    #[must_use]
    pub fn get(&self, id: VarId) -> Option<&Value<'static>> {
        self.list.iter().find(|(have, _)| *have == id).map(|(_, value)| value)
    }

    /// Sets or replaces `id`.
    pub fn set(&mut self, id: VarId, value: Value<'static>) {
        match self.list.iter_mut().find(|(have, _)| *have == id) {
            Some((_, old)) => {
                count(|| (text_bytes(&value), text_bytes(old)));
                *old = value;
            }
            None => {
                count(|| (bytes_of(&value), 0));
                self.list.push((id, value));
            }
        }
    }

    /// Removes `id`; it is no error if it was not there.
    pub fn unset(&mut self, id: VarId) {
        if let Some(at) = self.list.iter().position(|(have, _)| *have == id) {
            let (_, old) = self.list.remove(at);
            count(|| (0, bytes_of(&old)));
        }
    }

    /// Removes everything, keeping the memory for the next use.
    pub fn clear(&mut self) {
        if !self.list.is_empty() {
            count(|| (0, self.bytes()));
            self.list.clear();
        }
    }

    /// What all of them take, in bytes as `tune.vars.*` count them.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.list.iter().map(|(_, value)| bytes_of(value)).sum()
    }

    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All variables, in the order they were first set.
    pub fn iter(&self) -> impl Iterator<Item = (VarId, &Value<'static>)> {
        self.list.iter().map(|(id, value)| (*id, value))
    }
}

impl Drop for Vars {
    fn drop(&mut self) {
        self.clear();
    }
}

/// What a variable of this value takes.
fn bytes_of(value: &Value<'_>) -> usize {
    VAR_BYTES + text_bytes(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_and_interned_once() {
        let a = VarRef::parse(b"txn.a.b_1").unwrap();
        assert_eq!(a, VarRef::parse(b"txn.a.b_1").unwrap());
        assert_eq!(VarRef::parse(b"sess.a.b_1").unwrap().id, a.id);
        assert_eq!(&*a.name(), b"a.b_1");
        assert_eq!(VarRef::parse(b"foo.a"), Err(VarNameError::Scope));
        assert_eq!(VarRef::parse(b"txn."), Err(VarNameError::Empty));
        assert_eq!(VarRef::parse(b"txn.a-b"), Err(VarNameError::Character));
    }

    #[test]
    fn set_get_unset() {
        let (a, b) = (intern(b"vars.test.a"), intern(b"vars.test.b"));
        let mut vars = Vars::new();
        vars.set(a, Value::Int(1));
        vars.set(a, Value::Int(2));
        assert_eq!(vars.get(a), Some(&Value::Int(2)));
        assert_eq!(vars.get(b), None);
        vars.set(b, Value::str(b"12345"));
        assert_eq!(vars.bytes(), 2 * VAR_BYTES + 5);
        vars.unset(a);
        vars.unset(a);
        assert_eq!(vars.bytes(), VAR_BYTES + 5);
        vars.clear();
        assert!(vars.is_empty());
    }
}
