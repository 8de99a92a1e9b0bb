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
mod not_built;
pub mod payload;
pub mod server;
pub mod sticky;
pub mod tls;

mod prelude;
#[cfg(test)]
pub(crate) mod tests;

static TABLE: LazyLock<Table<Fetch>> = LazyLock::new(|| {
    let layers = [
        internal::ROWS,
        client::ROWS,
        server::ROWS,
        tls::ROWS,
        sticky::ROWS,
        payload::ROWS,
        http::ROWS,
        not_built::ROWS,
    ];
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
    let (_, name) = SIDELESS.iter().find(|(known, _)| *known == name)?;
    let side = if place.is_response() { "res." } else { "req." };
    TABLE.get(&format!("{side}{name}"))
}

/// Names that mean the request's or the response's by the place where they stand, and what is put before them; the
/// others of their families mean the request's everywhere.
const SIDELESS: &[(&str, &str)] =
    &[("cookie", "cook"), ("hdr", "hdr"), ("payload", "payload"), ("payload_lv", "payload_lv")];

/// All names, aliases and those without a side among them, for suggestions and lists.
#[must_use]
pub fn names() -> Vec<&'static str> {
    let aliases = rows().flat_map(|row| row.aliases).copied();
    let mut names: Vec<_> =
        TABLE.names().chain(aliases).chain(SIDELESS.iter().map(|(name, _)| *name)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether this version carries `row` out; otherwise every use of it is an error that says so.
#[must_use]
pub fn is_built(row: &Fetch) -> bool {
    !not_built::has(row)
}

/// All rows, for documentation.
pub fn rows() -> impl Iterator<Item = &'static Fetch> {
    TABLE.iter()
}
