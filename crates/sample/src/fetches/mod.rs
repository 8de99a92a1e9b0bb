//! The fetches, one file each under the layer it looks at, and the list that orders them (chapter 7.3).
//!
//! To add one: write its file with its [`Fetch`] row, whose examples run as tests, and name the row in the list of
//! its layer.

use std::sync::LazyLock;

use keyword::Table;

use crate::compile::Place;
use crate::rows::Fetch;

pub mod client;
pub mod http;
pub mod internal;
pub mod payload;
pub mod server;
pub mod sticky;
pub mod tls;

mod prelude;
#[cfg(test)]
mod tests;

static TABLE: LazyLock<Table<Fetch>> = LazyLock::new(|| {
    let layers =
        [internal::ROWS, client::ROWS, server::ROWS, tls::ROWS, sticky::ROWS, payload::ROWS, http::ROWS];
    let rows: Vec<&'static Fetch> = layers.concat().concat();
    Table::new(rows.leak())
});

/// The row called `name`. A name that exists in both directions without its prefix (`hdr` for `req.hdr` and `res.hdr`)
/// means the response's where responses are looked at, the request's elsewhere.
#[must_use]
pub fn lookup(name: &[u8], place: Place) -> Option<&'static Fetch> {
    let name = std::str::from_utf8(name).ok()?;
    if let Some(row) = TABLE.get(name) {
        return Some(row);
    }
    let side = if place.is_response() { "res." } else { "req." };
    TABLE.get(&format!("{side}{name}"))
}

/// All names, for suggestions.
#[must_use]
pub fn names() -> Vec<&'static str> {
    TABLE.names().collect()
}

/// All rows, for documentation.
pub fn rows() -> impl Iterator<Item = &'static Fetch> {
    TABLE.iter()
}
