//! Stick tables (configuration manual, `stick-table` and chapters 11.x): what is remembered about a key.
//!
//! A [`Table`] maps keys (addresses, numbers, text) to entries that hold counters, rates and tags. Entries end when
//! they were not touched for `expire`, or make room for new ones, the longest untouched first. A [`Tracked`] holds an
//! entry: as long as one does, the entry neither ends nor makes room.
//!
//! Looking an entry up shares its shard's lock, or needs none where the same thread met it lately; counting in it is
//! atomic. Only making and removing entries excludes others.
//!
//! No thread of its own: an expired entry is not found any more, and is dropped by the look-up that meets it, by the
//! creation of others (a few each time) and by [`Table::sweep`].

mod data;
mod entry;
mod freq;
mod key;
mod recent;
mod shape;
mod shard;
mod show;
mod spec;
mod store;
#[cfg(test)]
mod tests;
mod tracked;

pub use data::{DataType, Kind};
pub use key::{Key, KeyType};
pub use shape::Shape;
pub use spec::{ServerKeyType, StoreError, Stored, TableSpec};
pub use store::{Cleared, Table};
pub use tracked::{Gpc, SetError, Tracked};
