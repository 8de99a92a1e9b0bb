//! The look-up of rows by name.

use crate::row::Row;
use rustc_hash::FxHashMap;

/// All rows of one kind, in the order of their list. Made once, kept in a `static` behind a `LazyLock`.
pub struct Table<R: ?Sized + 'static> {
    rows: &'static [&'static R],
    by_name: FxHashMap<&'static str, &'static R>,
}

impl<R: Row + ?Sized + 'static> Table<R> {
    /// Indexes `rows` by name and alias.
    ///
    /// # Panics
    /// When two rows claim the same name: that is a mistake in the list, and any test that touches the table
    /// finds it.
    #[must_use]
    pub fn new(rows: &'static [&'static R]) -> Self {
        let mut by_name = FxHashMap::default();
        for row in rows {
            for name in std::iter::once(row.name()).chain(row.aliases().iter().copied()) {
                let earlier = by_name.insert(name, *row);
                assert!(earlier.is_none(), "two rows are called `{name}`");
            }
        }
        Self { rows, by_name }
    }

    /// Indexes the rows of several lists, in their order.
    ///
    /// # Panics
    /// As [`Table::new`] does.
    #[must_use]
    pub fn of_groups(groups: &[&'static [R]]) -> Self
    where
        R: Sized,
    {
        let rows: Vec<&'static R> = groups.iter().flat_map(|group| group.iter()).collect();
        Self::new(rows.leak())
    }

    /// The row with this name or alias; case counts.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'static R> {
        self.by_name.get(name).copied()
    }

    /// The rows, in the order of their list.
    pub fn iter(&self) -> impl Iterator<Item = &'static R> + use<R> {
        self.rows.iter().copied()
    }

    /// The names without the aliases, in the order of the list.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<R> {
        self.rows.iter().map(|row| row.name())
    }

    /// The name or alias that `word` was probably meant to be.
    #[must_use]
    pub fn nearest(&self, word: &str) -> Option<&'static str> {
        let aliases = self.rows.iter().flat_map(|row| row.aliases().iter().copied());
        diag::nearest(word, self.names().chain(aliases))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unbuilt::Unbuilt;

    static ROWS: &[&Unbuilt] = &[
        &Unbuilt::new("timeout client", "", "a word").also(&["clitimeout"]),
        &Unbuilt::new("maxconn", "", "another"),
    ];

    #[test]
    fn finds_by_name_and_alias() {
        let table = Table::new(ROWS);
        assert_eq!(table.get("clitimeout").unwrap().name(), "timeout client");
        assert_eq!(table.get("maxconn").unwrap().name(), "maxconn");
        assert!(table.get("Maxconn").is_none());
        assert_eq!(table.names().collect::<Vec<_>>(), ["timeout client", "maxconn"]);
        assert_eq!(table.iter().count(), 2);
        assert_eq!(table.get("maxconn").unwrap().told().doc.brief, "another");
    }

    #[test]
    fn suggests_names_and_aliases() {
        let table = Table::new(ROWS);
        assert_eq!(table.nearest("maxcon"), Some("maxconn"));
        assert_eq!(table.nearest("clitimeuot"), Some("clitimeout"));
        assert_eq!(table.nearest("bind"), None);
    }

    #[test]
    #[should_panic(expected = "two rows are called `maxconn`")]
    fn refuses_doubles() {
        static DOUBLE: &[&Unbuilt] =
            &[&Unbuilt::new("maxconn", "", "a word"), &Unbuilt::new("x", "", "a word").also(&["maxconn"])];
        let _ = Table::new(DOUBLE);
    }
}
