//! User lists (configuration manual, chapter 12.1): who may pass with which password, and the groups they are in.
//!
//! Encrypted passwords are those of crypt(3): `$1$` (MD5), `$5$` (SHA-256), `$6$` (SHA-512), `$2` (bcrypt) and DES.

use rustc_hash::FxHashMap;

/// How a password is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Password {
    /// `insecure-password`: as it is typed.
    Plain(Box<[u8]>),
    /// `password`: what crypt(3) made of it.
    Crypt(Box<str>),
}

impl Password {
    fn is(&self, given: &[u8]) -> bool {
        match self {
            Password::Plain(kept) => is_equal(kept, given),
            Password::Crypt(kept) => pwhash::unix::verify(given, kept),
        }
    }
}

/// Compares in a time that depends on the lengths only.
fn is_equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |different, (x, y)| different | (x ^ y)) == 0
}

#[derive(Debug, Clone)]
struct User {
    password: Password,
    groups: Vec<usize>,
}

/// One `userlist` section.
#[derive(Debug, Clone, Default)]
pub struct Userlist {
    name: Box<str>,
    groups: Vec<Box<str>>,
    users: FxHashMap<Box<[u8]>, User>,
}

impl Userlist {
    /// An empty list.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Userlist { name: name.into(), ..Userlist::default() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn group(&mut self, name: &str) -> usize {
        if let Some(at) = self.groups.iter().position(|have| &**have == name) {
            return at;
        }
        self.groups.push(name.into());
        self.groups.len() - 1
    }

    /// Adds a user with the groups that the user's own line names. False if the user is there already.
    pub fn add_user<'g>(
        &mut self,
        name: &str,
        password: Password,
        groups: impl IntoIterator<Item = &'g str>,
    ) -> bool {
        let groups = groups.into_iter().map(|group| self.group(group)).collect();
        if self.users.contains_key(name.as_bytes()) {
            return false;
        }
        self.users.insert(name.as_bytes().into(), User { password, groups });
        true
    }

    /// Adds a group with the users that the group's line names; returns those of them that are unknown.
    pub fn add_group<'u>(&mut self, name: &str, users: impl IntoIterator<Item = &'u str>) -> Vec<&'u str> {
        let group = self.group(name);
        let mut unknown = Vec::new();
        for name in users {
            match self.users.get_mut(name.as_bytes()) {
                Some(user) if !user.groups.contains(&group) => user.groups.push(group),
                Some(_) => {}
                None => unknown.push(name),
            }
        }
        unknown
    }

    /// Whether there is such a user with such a password.
    #[must_use]
    pub fn check(&self, user: &[u8], password: &[u8]) -> bool {
        self.users.get(user).is_some_and(|user| user.password.is(password))
    }

    /// Whether `user` is in the group `group`.
    #[must_use]
    pub fn is_member(&self, user: &[u8], group: &[u8]) -> bool {
        let Some(user) = self.users.get(user) else { return false };
        user.groups.iter().any(|at| self.groups[*at].as_bytes() == group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(deprecated, reason = "weak as they are, configurations hold them")]
    fn passwords_of_every_kind() {
        let mut list = Userlist::new("l");
        // All of them are "secret" with the salt "abcdefgh".
        let crypted = [
            ("md5", pwhash::md5_crypt::hash_with("$1$abcdefgh", "secret").unwrap()),
            ("sha256", pwhash::sha256_crypt::hash_with("$5$abcdefgh", "secret").unwrap()),
            ("sha512", pwhash::sha512_crypt::hash_with("$6$abcdefgh", "secret").unwrap()),
        ];
        for (name, hash) in &crypted {
            assert!(list.add_user(name, Password::Crypt(hash.as_str().into()), []));
        }
        assert!(list.add_user("plain", Password::Plain(b"secret".as_slice().into()), []));
        for name in ["md5", "sha256", "sha512", "plain"] {
            assert!(list.check(name.as_bytes(), b"secret"), "{name}");
            assert!(!list.check(name.as_bytes(), b"Secret"), "{name}");
            assert!(!list.check(name.as_bytes(), b""), "{name}");
        }
        assert!(!list.check(b"nobody", b"secret"));
        assert!(!list.add_user("plain", Password::Plain(Box::default()), []));
    }

    #[test]
    fn groups_from_both_lines() {
        let mut list = Userlist::new("l");
        list.add_user("tiger", Password::Plain(Box::default()), ["G1"]);
        list.add_user("scott", Password::Plain(Box::default()), ["G1", "G2"]);
        assert_eq!(list.add_group("G3", ["tiger", "nobody"]), ["nobody"]);
        let member = |user: &str, group: &str| list.is_member(user.as_bytes(), group.as_bytes());
        assert!(member("tiger", "G1") && member("tiger", "G3") && member("scott", "G2"));
        assert!(!member("tiger", "G2") && !member("scott", "G3") && !member("nobody", "G3"));
    }
}
