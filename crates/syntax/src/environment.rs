//! The configuration's environment (section 2.3 of the manual): a map of our own.
//!
//! `setenv` and its like change this map and never the process, so that reading a configuration has no effect
//! on anything else. Names and values are bytes. Variables keep the order in which they were first set, as
//! `show env` lists them.

use std::borrow::Cow;
use std::os::unix::ffi::OsStringExt;

/// Variables, and where reading stands, which is what the pseudo-variables `.FILE`, `.LINE` and `.SECTION`
/// tell.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: Vec<(Vec<u8>, Vec<u8>)>,
    file: Vec<u8>,
    line: u32,
    section: Vec<u8>,
}

impl Environment {
    /// No variable at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of the process's environment.
    #[must_use]
    pub fn from_process() -> Self {
        let variables =
            std::env::vars_os().map(|(name, value)| (name.into_vec(), value.into_vec())).collect();
        Self { variables, ..Self::default() }
    }

    /// The value of a variable; not of a pseudo-variable.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
    }

    /// Sets a variable, new or known (`setenv`).
    pub fn set(&mut self, name: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        let (name, value) = (name.into(), value.into());
        match self.variables.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.variables.push((name, value)),
        }
    }

    /// Sets a variable unless it is known, even with an empty value (`presetenv`).
    pub fn set_if_absent(&mut self, name: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        let name = name.into();
        if self.get(&name).is_none() {
            self.variables.push((name, value.into()));
        }
    }

    /// Forgets a variable (`unsetenv`).
    pub fn unset(&mut self, name: &[u8]) {
        self.variables.retain(|(known, _)| known != name);
    }

    /// Forgets every variable whose name `keep` does not want (`resetenv`).
    pub fn retain(&mut self, mut keep: impl FnMut(&[u8]) -> bool) {
        self.variables.retain(|(name, _)| keep(name));
    }

    /// Names and values in the order in which they were first set.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.variables.iter().map(|(name, value)| (name.as_slice(), value.as_slice()))
    }

    /// Says which section is being read: its name, or its keyword when it has none. Whoever recognises the
    /// sections calls this; a [`Reader`](crate::Reader) empties it at the start of its file.
    pub fn set_section(&mut self, name: impl Into<Vec<u8>>) {
        self.section = name.into();
    }

    /// Says that a file is being opened.
    pub(crate) fn enter_file(&mut self, name: &str) {
        self.file = name.as_bytes().to_vec();
        self.line = 0;
        self.section.clear();
    }

    /// Says which line is being read.
    pub(crate) fn enter_line(&mut self, line: u32) {
        self.line = line;
    }

    /// The value of a pseudo-variable, whose name starts with a dot; `None` when there is no such one.
    pub(crate) fn pseudo(&self, name: &[u8]) -> Option<Cow<'_, [u8]>> {
        match name {
            b".FILE" => Some(Cow::Borrowed(&self.file)),
            b".LINE" => Some(Cow::Owned(self.line.to_string().into_bytes())),
            b".SECTION" => Some(Cow::Borrowed(&self.section)),
            _ => None,
        }
    }

    /// The variable that `name` was probably meant to be.
    pub(crate) fn nearest(&self, name: &str) -> Option<&str> {
        diag::nearest(name, self.iter().filter_map(|(known, _)| std::str::from_utf8(known).ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_order_of_first_setting() {
        let mut env = Environment::new();
        env.set("B", "1");
        env.set("A", "2");
        env.set("B", "3");
        env.set_if_absent("A", "x");
        env.set_if_absent("C", "");
        env.set_if_absent("C", "x");
        let all: Vec<_> = env.iter().collect();
        assert_eq!(all, [(&b"B"[..], &b"3"[..]), (b"A", b"2"), (b"C", b"")]);
        env.unset(b"B");
        assert_eq!(env.get(b"B"), None);
        env.retain(|name| name == b"C");
        assert_eq!(env.iter().count(), 1);
    }

    #[test]
    fn pseudo_variables_are_not_variables() {
        let mut env = Environment::new();
        env.enter_file("a.cfg");
        env.enter_line(7);
        env.set_section("www");
        assert_eq!(env.pseudo(b".FILE").as_deref(), Some(&b"a.cfg"[..]));
        assert_eq!(env.pseudo(b".LINE").as_deref(), Some(&b"7"[..]));
        assert_eq!(env.pseudo(b".SECTION").as_deref(), Some(&b"www"[..]));
        assert_eq!(env.pseudo(b".TIME"), None);
        assert_eq!(env.get(b".LINE"), None);
        env.enter_file("b.cfg");
        assert_eq!(env.pseudo(b".SECTION").as_deref(), Some(&b""[..]));
    }

    #[test]
    fn copies_the_process() {
        assert_eq!(Environment::from_process().iter().count(), std::env::vars_os().count());
    }
}
