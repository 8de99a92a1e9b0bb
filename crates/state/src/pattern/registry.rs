//! All references of a configuration, by name and by number.

use std::sync::Arc;

use super::reference::{Columns, PatternRef};

/// Why a reference cannot be declared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// The file is used with and without values.
    #[error(
        "the file \"{name}\" is already used as a {have} column file and cannot be used as a {want} column file"
    )]
    Columns {
        /// The file.
        name: String,
        /// How it is used already.
        have: &'static str,
        /// How it was to be used.
        want: &'static str,
    },
    /// The number (`-u`) is taken.
    #[error("the unique id {0} is already used")]
    Id(u32),
}

/// A reference with its number and where it is used, as `show map` and `show acl` list it.
#[derive(Debug, Clone)]
pub struct Registered {
    /// Its number; unique, in the order of which they are listed.
    pub id: u32,
    /// Whether conditions use it.
    pub is_acl: bool,
    /// Whether converters use it.
    pub is_map: bool,
    /// Where it is used, in words.
    pub display: String,
    /// The reference.
    pub reference: Arc<PatternRef>,
}

/// What uses a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsedBy {
    /// A condition.
    Acl,
    /// A converter.
    Map,
}

#[derive(Debug, Clone)]
struct Declared {
    wanted: Option<u32>,
    registered: Registered,
}

/// All references, first declared while the configuration is read, then numbered by [`PatternRefs::number`].
#[derive(Debug, Default, Clone)]
pub struct PatternRefs {
    list: Vec<Declared>,
}

impl PatternRefs {
    /// The reference called `name`, and whether it is new, so that its file has to be loaded. Another use of the same
    /// name adds `place` (as `file 'lb.cfg' line 12`) to its description.
    ///
    /// # Errors
    /// It is used with other columns already.
    pub fn declare(
        &mut self,
        name: &str,
        columns: Columns,
        by: UsedBy,
        place: &str,
    ) -> Result<(Arc<PatternRef>, bool), RegistryError> {
        let what = if by == UsedBy::Map { "map" } else { "acl" };
        if let Some(have) = self.list.iter_mut().find(|d| d.registered.reference.name() == name) {
            let have = &mut have.registered;
            if have.reference.columns() != columns {
                let spell = |columns| if columns == Columns::One { "one" } else { "two" };
                let (have, want) = (spell(have.reference.columns()), spell(columns));
                return Err(RegistryError::Columns { name: name.to_owned(), have, want });
            }
            have.is_acl |= by == UsedBy::Acl;
            have.is_map |= by == UsedBy::Map;
            have.display.push_str(&format!(", by {what} at {place}"));
            return Ok((have.reference.clone(), false));
        }
        let display = format!("pattern loaded from file '{name}' used by {what} at {place}");
        Ok((self.push(name, columns, by, display, None), true))
    }

    /// A reference for the patterns that a condition's own words hold; it has no name to share it by. `wanted` is its
    /// number (`-u`).
    ///
    /// # Errors
    /// The number is taken.
    pub fn declare_inline(
        &mut self,
        display: &str,
        wanted: Option<u32>,
    ) -> Result<Arc<PatternRef>, RegistryError> {
        if let Some(id) = wanted.filter(|id| self.list.iter().any(|d| d.wanted == Some(*id))) {
            return Err(RegistryError::Id(id));
        }
        Ok(self.push("", Columns::One, UsedBy::Acl, display.to_owned(), wanted))
    }

    fn push(
        &mut self,
        name: &str,
        columns: Columns,
        by: UsedBy,
        display: String,
        wanted: Option<u32>,
    ) -> Arc<PatternRef> {
        let reference = PatternRef::new(name, columns);
        let (is_acl, is_map) = (by == UsedBy::Acl, by == UsedBy::Map);
        let registered = Registered { id: 0, is_acl, is_map, display, reference: reference.clone() };
        self.list.push(Declared { wanted, registered });
        reference
    }

    /// Numbers the references, those without a wanted number from 0 on in their order, and sorts them.
    pub fn number(&mut self) {
        let taken: Vec<u32> = self.list.iter().filter_map(|declared| declared.wanted).collect();
        let mut free = (0u32..).filter(|id| !taken.contains(id));
        for declared in &mut self.list {
            let id = declared.wanted.or_else(|| free.next());
            declared.registered.id = id.unwrap_or(u32::MAX);
        }
        self.list.sort_by_key(|declared| declared.registered.id);
    }

    /// All references in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Registered> {
        self.list.iter().map(|declared| &declared.registered)
    }

    /// The reference that the runtime API names, by `#<number>` or by name.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<&Registered> {
        match text.strip_prefix('#') {
            Some(number) => {
                let id: u32 = number.parse().ok()?;
                self.iter().find(|registered| registered.id == id)
            }
            None => self.iter().find(|r| !text.is_empty() && r.reference.name() == text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shared_and_numbers_unique() {
        let mut refs = PatternRefs::default();
        let inline = refs.declare_inline("acl 'path' file 'lb.cfg' line 3", Some(0)).unwrap();
        let (map, is_new) = refs.declare("a.map", Columns::Two, UsedBy::Map, "file 'lb.cfg' line 1").unwrap();
        assert!(is_new);
        let (again, is_new) =
            refs.declare("a.map", Columns::Two, UsedBy::Map, "file 'lb.cfg' line 2").unwrap();
        assert!(!is_new && Arc::ptr_eq(&map, &again));
        assert!(refs.declare("a.map", Columns::One, UsedBy::Acl, "").is_err());
        assert_eq!(refs.declare_inline("", Some(0)).unwrap_err(), RegistryError::Id(0));
        refs.declare_inline("", None).unwrap();
        refs.number();
        assert_eq!(refs.iter().map(|r| r.id).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(Arc::ptr_eq(&refs.find("#0").unwrap().reference, &inline));
        let found = refs.find("a.map").unwrap();
        assert_eq!(
            found.display,
            "pattern loaded from file 'a.map' used by map at file 'lb.cfg' line 1, by map at file 'lb.cfg' line 2"
        );
        assert!(refs.find("").is_none() && refs.find("#9").is_none() && refs.find("#x").is_none());
    }
}
