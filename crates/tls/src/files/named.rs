//! Authorities (`ca-file`) and revocation lists (`crl-file`): shown, made, changed, taken into use, deleted.

use std::sync::Arc;

use super::certificates::{Status, check_ongoing};
use super::remake::Replacement;
use super::{ChangeError, Committed, FileStore, Inner, Progress, Verb, Version};
use crate::verify::{RevocationLists, TrustStore};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `ca-file`.
    Authorities,
    /// `crl-file`.
    Revocations,
}

/// What a payload does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// It takes the place of what is there.
    Replace,
    /// It is added (authorities alone).
    Add,
}

/// A file as it is shown.
#[derive(Debug, Clone)]
pub struct NamedView {
    /// Its name.
    pub name: Box<str>,
    /// How it is used.
    pub status: Status,
    /// What it holds.
    pub content: Content,
}

/// What such a file holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// Authorities.
    Authorities(Arc<TrustStore>),
    /// Revocation lists.
    Revocations(Arc<RevocationLists>),
}

impl Content {
    fn is_empty(&self) -> bool {
        match self {
            Content::Authorities(store) => store.count() == 0,
            Content::Revocations(lists) => lists.is_empty(),
        }
    }

    /// How many certificates and lists it holds.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Content::Authorities(store) => store.count(),
            Content::Revocations(lists) => lists.count(),
        }
    }
}

/// A file's name, and what it holds.
pub type NamedContent = (Box<str>, Content);

impl FileStore {
    /// The names of all files of a kind, and of the one that waits for its commit; with what each holds.
    #[must_use]
    pub fn named(&self, kind: Kind) -> (Vec<NamedContent>, Option<NamedContent>) {
        let inner = self.inner.lock();
        let all = match kind {
            Kind::Authorities => {
                let all = inner.authorities.iter();
                all.map(|(name, store)| (name.clone(), Content::Authorities(store.clone()))).collect()
            }
            Kind::Revocations => {
                let all = inner.revocations.iter();
                all.map(|(name, lists)| (name.clone(), Content::Revocations(lists.clone()))).collect()
            }
        };
        (all, inner.pending(kind))
    }

    /// A file by its name.
    #[must_use]
    pub fn named_file(&self, kind: Kind, name: &str, version: Version) -> Option<NamedView> {
        let inner = self.inner.lock();
        let (content, status) = match version {
            Version::Pending => {
                let (_, content) = inner.pending(kind).filter(|(pending, _)| **pending == *name)?;
                (content, Status::Uncommitted)
            }
            Version::Current => {
                let content = inner.current(kind, name)?;
                let is_used = inner.is_content_used(&content);
                (content, if is_used { Status::Used } else { Status::Unused })
            }
        };
        let status = if content.is_empty() { Status::Empty } else { status };
        Some(NamedView { name: name.into(), status, content })
    }

    /// Makes an empty one.
    ///
    /// # Errors
    /// There is a file of that name, of either kind.
    pub fn new_named(&self, kind: Kind, name: &str) -> Result<(), ChangeError> {
        let mut inner = self.inner.lock();
        if inner.authorities.contains_key(name) || inner.revocations.contains_key(name) {
            return Err(ChangeError::Exists);
        }
        match kind {
            Kind::Authorities => drop(inner.authorities.insert(name.into(), Arc::new(TrustStore::empty()))),
            Kind::Revocations => {
                drop(inner.revocations.insert(name.into(), Arc::new(RevocationLists::default())));
            }
        }
        Ok(())
    }

    /// Changes what a file holds; the commit takes it into use.
    ///
    /// # Errors
    /// There is no such file, another one is being changed, or the payload is of no use.
    pub fn set_named(
        &self,
        kind: Kind,
        name: &str,
        payload: &[u8],
        set: Set,
    ) -> Result<Progress, ChangeError> {
        let mut inner = self.inner.lock();
        let pending = inner.pending(kind);
        if let Some((ongoing, _)) = &pending {
            check_ongoing(Some(ongoing), name, Verb::Set)?;
        }
        let is_new = pending.is_none();
        let before = pending.map(|(_, content)| content).or_else(|| inner.current(kind, name));
        let useless = |error: String| ChangeError::Payload(error);
        match before.ok_or(ChangeError::Unknown)? {
            Content::Authorities(before) => {
                let mut store = TrustStore::from_pem(payload).map_err(useless)?;
                if set == Set::Add {
                    let mut both = TrustStore::clone(&before);
                    both.extend(&store);
                    store = both;
                }
                inner.authorities_change = Some((name.into(), Arc::new(store)));
            }
            Content::Revocations(_) => {
                let lists = RevocationLists::parse(&[payload.into()]).map_err(useless)?;
                inner.revocations_change = Some((name.into(), Arc::new(lists)));
            }
        }
        Ok(if is_new { Progress::Created(name.into()) } else { Progress::Updated(name.into()) })
    }

    /// Gives a change up.
    ///
    /// # Errors
    /// There is none, or it is about another file.
    pub fn abort_named(&self, kind: Kind, name: &str) -> Result<(), ChangeError> {
        let mut inner = self.inner.lock();
        check_ongoing(inner.pending(kind).as_ref().map(|(name, _)| &**name), name, Verb::Abort)?;
        inner.end_change(kind);
        Ok(())
    }

    /// Takes a change into use.
    ///
    /// # Errors
    /// There is none, it is about another file, or a line cannot use it.
    pub fn commit_named(&self, kind: Kind, name: &str) -> Result<Committed, ChangeError> {
        let mut inner = self.inner.lock();
        let pending = inner.pending(kind);
        check_ongoing(pending.as_ref().map(|(name, _)| &**name), name, Verb::Set)?;
        inner.end_change(kind);
        let (Some((_, new)), Some(old)) = (pending, inner.current(kind, name)) else {
            return Err(ChangeError::Unknown);
        };
        let remade = match (&old, &new) {
            (Content::Authorities(old), Content::Authorities(new)) => {
                inner.remake(Replacement::Authorities(old, new))
            }
            (Content::Revocations(old), Content::Revocations(new)) => {
                inner.remake(Replacement::Revocations(old, new))
            }
            _ => return Err(ChangeError::OtherKind),
        };
        let remade = remade.map_err(ChangeError::Failed)?;
        let count = remade.count;
        remade.apply();
        match new {
            Content::Authorities(store) => drop(inner.authorities.insert(name.into(), store)),
            Content::Revocations(lists) => drop(inner.revocations.insert(name.into(), lists)),
        }
        Ok(Committed { remade: count, warnings: Vec::new() })
    }

    /// Deletes a file that nobody uses.
    ///
    /// # Errors
    /// It is not there, is of the other kind, is being changed, or a line uses it.
    pub fn del_named(&self, kind: Kind, name: &str) -> Result<(), ChangeError> {
        let mut inner = self.inner.lock();
        if inner.pending(kind).is_some_and(|(ongoing, _)| *ongoing == *name) {
            return Err(ChangeError::Ongoing);
        }
        let other = if kind == Kind::Authorities { Kind::Revocations } else { Kind::Authorities };
        let content = match inner.current(kind, name) {
            Some(content) => content,
            None if inner.current(other, name).is_some() => return Err(ChangeError::OtherKind),
            None => return Err(ChangeError::Unknown),
        };
        if inner.is_content_used(&content) {
            return Err(ChangeError::InUse);
        }
        inner.authorities.remove(name);
        inner.revocations.remove(name);
        Ok(())
    }
}

impl Inner {
    fn current(&self, kind: Kind, name: &str) -> Option<Content> {
        match kind {
            Kind::Authorities => self.authorities.get(name).cloned().map(Content::Authorities),
            Kind::Revocations => self.revocations.get(name).cloned().map(Content::Revocations),
        }
    }

    fn pending(&self, kind: Kind) -> Option<(Box<str>, Content)> {
        match kind {
            Kind::Authorities => {
                let (name, store) = self.authorities_change.as_ref()?;
                Some((name.clone(), Content::Authorities(store.clone())))
            }
            Kind::Revocations => {
                let (name, lists) = self.revocations_change.as_ref()?;
                Some((name.clone(), Content::Revocations(lists.clone())))
            }
        }
    }

    fn end_change(&mut self, kind: Kind) {
        match kind {
            Kind::Authorities => self.authorities_change = None,
            Kind::Revocations => self.revocations_change = None,
        }
    }

    fn is_content_used(&self, content: &Content) -> bool {
        fn is<T>(held: &Option<Arc<T>>, wanted: &Arc<T>) -> bool {
            held.as_ref().is_some_and(|held| Arc::ptr_eq(held, wanted))
        }
        match content {
            Content::Authorities(store) => self.is_used(
                |entry| is(&entry.options.ca_file, store) || is(&entry.options.ca_verify_file, store),
                |host| is(&host.ca_file, store) || is(&host.ca_verify_file, store),
                |client| is(&client.ca_file, store),
            ),
            Content::Revocations(lists) => self.is_used(
                |entry| is(&entry.options.crls, lists),
                |host| is(&host.crls, lists),
                |client| is(&client.crls, lists),
            ),
        }
    }
}
