//! ACLs, rulesets and actions: the decisions that a configuration makes about connections, requests and responses.
//!
//! Everything is compiled when the configuration is checked and runs synchronously against a [`sample::Txn`]. An action
//! never does I/O: it changes the transaction or answers with an [`Outcome`] that the engine carries out.

pub mod acl;
pub mod action;
pub mod actions;
pub mod bandwidth;
pub mod legacy;
pub mod observe;
pub mod reply;
pub mod ruleset;
mod scratch;
pub mod words;

pub use acl::{Acl, AclTable, Condition, Subjects, Tri};
pub use action::{Action, ActionCompile, ActionRow, Kinds, LogCall, NameCall, Outcome, Service, Wait};
pub use bandwidth::{BandwidthFilter, BandwidthNames, BandwidthSlot, Pace};
pub use observe::{NoTrace, Observer, Place};
pub use reply::{Answer, ErrorTable, Reply};
pub use ruleset::{Rule, Ruleset, Verdict};
pub use words::Words;
