//! How much memory variables take, and how much they may (manual, chapter 3.2: `tune.vars.*-max-size`).
//!
//! A variable counts a fixed share and the bytes of its text. What a message's variables take counts for their exchange as
//! well, that for the session, and that for the process. Lists of variables know what they hold; only the sum of all of
//! them is counted, where it has a limit: a plain atomic, which whoever changes a list keeps up.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use crate::value::Value;
use crate::vars::Scope;

/// What a variable counts besides its text, as HAProxy counts it on 64-bit machines.
pub const VAR_BYTES: usize = 88;

/// The sum over all lists, where it is counted.
static TOTAL: AtomicUsize = AtomicUsize::new(0);
static IS_TOTAL_COUNTED: AtomicBool = AtomicBool::new(false);

/// `tune.vars.*-max-size`: bytes of each scope and of all below it; 0: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VarLimits {
    /// `global`: all variables.
    pub global: usize,
    /// `proc`: all variables too, as those of the process include all others.
    pub proc: usize,
    /// `sess`: one session.
    pub sess: usize,
    /// `txn`: one exchange.
    pub txn: usize,
    /// `reqres`: one message.
    pub reqres: usize,
    /// `check`: one check.
    pub check: usize,
}

/// What the variables of a session take now, in bytes, each without what is below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VarBytes {
    /// Of the session itself.
    pub sess: usize,
    /// Of the exchange, or the check.
    pub txn: usize,
    /// Of the message.
    pub reqres: usize,
}

impl VarLimits {
    /// Whether there is any.
    #[must_use]
    pub fn is_any(&self) -> bool {
        *self != VarLimits::default()
    }

    /// Begins to count all variables where their sum has a limit. Before the first is set.
    pub fn begin(&self) {
        if self.global != 0 || self.proc != 0 {
            IS_TOTAL_COUNTED.store(true, Relaxed);
        }
    }

    /// What becomes of a variable of `scope` that has the value `old` and shall get `value`, beside what is there: `None`
    /// where a new one has no room, and a boolean where its text has none, as in HAProxy.
    #[must_use]
    pub fn fitting(
        &self,
        scope: Scope,
        have: VarBytes,
        old: Option<&Value<'_>>,
        value: Value<'static>,
    ) -> Option<Value<'static>> {
        let total = TOTAL.load(Relaxed);
        let entry = if old.is_some() { 0 } else { VAR_BYTES };
        let freed = old.map_or(0, text_bytes);
        if entry > 0 && !self.has_room_in(total, scope, have, 0, entry) {
            return None;
        }
        let text = text_bytes(&value);
        let has_room = text == 0 || self.has_room_in(total, scope, have, freed, entry + text);
        Some(if has_room { value } else { Value::Bool(false) })
    }

    /// Whether `more` bytes fit into `scope` beside what is there, once `freed` are given back.
    fn has_room_in(&self, total: usize, scope: Scope, have: VarBytes, freed: usize, more: usize) -> bool {
        let fits = |limit: usize, bytes: usize| limit == 0 || bytes + more <= limit + freed;
        let txn = have.txn + have.reqres;
        let in_process = fits(self.proc, total) && fits(self.global, total);
        let in_session = fits(self.sess, have.sess + txn) && in_process;
        match scope {
            Scope::Proc => in_process,
            Scope::Sess => in_session,
            Scope::Check => fits(self.check, have.txn) && in_session,
            Scope::Txn => fits(self.txn, txn) && in_session,
            Scope::Req | Scope::Res => fits(self.reqres, have.reqres) && fits(self.txn, txn) && in_session,
        }
    }
}

/// The bytes of a value that are kept beside it.
#[must_use]
pub fn text_bytes(value: &Value<'_>) -> usize {
    match value {
        Value::Str(text) | Value::Bin(text) => text.len(),
        Value::Method(http::Method::Other, name) => name.len(),
        Value::Method(..) | Value::Bool(_) | Value::Int(_) | Value::Ipv4(_) | Value::Ipv6(_) => 0,
    }
}

/// Counts what a list has gained and lost, where the sum of all is counted. `bytes` is only asked for then.
pub(crate) fn count(bytes: impl FnOnce() -> (usize, usize)) {
    if IS_TOTAL_COUNTED.load(Relaxed) {
        let (gained, lost) = bytes();
        TOTAL.fetch_add(gained.wrapping_sub(lost), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_left_out_or_loses_its_text() {
        let limits = VarLimits { txn: 100, ..VarLimits::default() };
        let set = |taken, old: Option<&Value<'_>>, text: &'static str| {
            let have = VarBytes { txn: taken, ..VarBytes::default() };
            limits.fitting(Scope::Txn, have, old, Value::str(text.as_bytes()))
        };
        assert_eq!(set(0, None, "0123456789ab"), Some(Value::str(b"0123456789ab")));
        assert_eq!(set(0, None, "0123456789abc"), Some(Value::Bool(false)));
        assert_eq!(set(13, None, ""), None);
        let old = Value::str(b"xy");
        assert_eq!(set(90, Some(&old), "0123456789ab"), Some(Value::str(b"0123456789ab")));
        assert_eq!(set(90, Some(&old), "0123456789abc"), Some(Value::Bool(false)));
    }

    #[test]
    fn wider_scopes_hold_what_narrower_ones_take() {
        let limits = VarLimits { proc: 1_000, sess: 300, txn: 200, reqres: 100, ..VarLimits::default() };
        let have = VarBytes { sess: 50, txn: 60, reqres: 70 };
        let fits = |scope, more| limits.has_room_in(700, scope, have, 0, more);
        assert_eq!((fits(Scope::Res, 30), fits(Scope::Req, 31)), (true, false));
        assert_eq!((fits(Scope::Txn, 70), fits(Scope::Txn, 71)), (true, false));
        assert_eq!((fits(Scope::Sess, 120), fits(Scope::Sess, 121)), (true, false));
        assert_eq!((fits(Scope::Proc, 300), fits(Scope::Proc, 301)), (true, false));
        assert!(limits.has_room_in(700, Scope::Req, have, 40, 70), "what is replaced makes room");
        assert!(!limits.has_room_in(990, Scope::Req, have, 0, 20), "the process is full");
        assert!(!VarLimits { global: 5, ..VarLimits::default() }.has_room_in(0, Scope::Req, have, 0, 6));
        assert!(!VarLimits { check: 5, ..VarLimits::default() }.has_room_in(0, Scope::Check, have, 0, 1));
        assert!(VarLimits::default().has_room_in(usize::MAX / 2, Scope::Req, have, 0, 1 << 40));
    }
}
