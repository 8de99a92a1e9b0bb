//! What the actions share that rewrite the request line.

use std::fmt;
use std::marker::PhantomData;

use sample::logformat::{LogFormat, Style};
use sample::{Problem, Txn};

use super::args::{format, need};
use super::message::{Done, Side, rendered};
use super::replace::Replacement;
use crate::action::{Action, ActionCompile, Outcome};
use crate::scratch::with_scratch;
use crate::words::Words;

/// A part of the request line that can be replaced.
pub(super) trait Edit: Send + Sync + 'static {
    /// Replaces it by `text`.
    fn apply(text: &[u8], txn: &mut Txn) -> Done;
}

/// A part of the request line that can be looked at as well.
pub(super) trait Part: Edit {
    /// What it is now; `None` where the target has no such part.
    fn of(txn: &Txn) -> Option<&[u8]>;
}

struct Set<E> {
    format: LogFormat,
    part: PhantomData<E>,
}

struct Replace<P> {
    replacement: Replacement,
    part: PhantomData<P>,
}

impl<E> fmt::Debug for Set<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Set").field(&std::any::type_name::<E>()).field(&self.format).finish()
    }
}

impl<P> fmt::Debug for Replace<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Replace").field(&std::any::type_name::<P>()).field(&self.replacement).finish()
    }
}

impl<E: Edit> Action for Set<E> {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let done = rendered(&self.format, txn, put::<E>);
        Side::Request.done(done, txn)
    }
}

impl<P: Part> Action for Replace<P> {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let done = self.replacement.with_template(txn, |template, txn| {
            with_scratch(|out| {
                let Some(part) = P::of(txn).filter(|part| !part.is_empty()) else { return Done::Yes };
                match self.replacement.apply(part, template, out) {
                    None => Done::Yes,
                    Some(Done::No) => Done::No,
                    Some(Done::Yes) => put::<P>(out, txn),
                }
            })
        });
        Side::Request.done(done, txn)
    }
}

fn put<E: Edit>(text: &[u8], txn: &mut Txn) -> Done {
    if Side::Request.has_room(txn, text.len()) { E::apply(text, txn) } else { Done::No }
}

/// `FORMAT`: the words of a `set-...` action.
pub(super) fn set<E: Edit>(
    words: &mut Words<'_>,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<Box<dyn Action>, Problem> {
    let mut ahead = words.clone();
    need(&mut ahead, "the format")?;
    let format = format(words, "the format", Style::Header, compile)?;
    Ok(Box::new(Set::<E> { format, part: PhantomData }))
}

/// `REGEX FORMAT`: the words of a `replace-...` action.
pub(super) fn replace<P: Part>(
    words: &mut Words<'_>,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<Box<dyn Action>, Problem> {
    Ok(Box::new(Replace::<P> { replacement: Replacement::compile(words, compile)?, part: PhantomData }))
}

/// The path of the target, without its query.
pub(super) struct Path;

impl Edit for Path {
    fn apply(text: &[u8], txn: &mut Txn) -> Done {
        txn.req.head.set_path(text);
        Done::Yes
    }
}

impl Part for Path {
    fn of(txn: &Txn) -> Option<&[u8]> {
        txn.req.head.path()
    }
}

/// The path of the target with its query.
pub(super) struct PathAndQuery;

impl Edit for PathAndQuery {
    fn apply(text: &[u8], txn: &mut Txn) -> Done {
        txn.req.head.set_path_and_query(text);
        Done::Yes
    }
}

impl Part for PathAndQuery {
    fn of(txn: &Txn) -> Option<&[u8]> {
        txn.req.head.path_and_query()
    }
}

/// The query of the target, without its question mark.
pub(super) struct Query;

impl Edit for Query {
    fn apply(text: &[u8], txn: &mut Txn) -> Done {
        txn.req.head.set_query(text);
        Done::Yes
    }
}

/// The whole target; Host fields follow its authority.
pub(super) struct Uri;

impl Edit for Uri {
    fn apply(text: &[u8], txn: &mut Txn) -> Done {
        if txn.req.head.set_uri_and_host(text) { Done::Yes } else { Done::No }
    }
}

impl Part for Uri {
    fn of(txn: &Txn) -> Option<&[u8]> {
        Some(txn.req.head.uri())
    }
}

#[cfg(test)]
mod tests {
    use crate::action::{Kinds, Outcome};
    use crate::actions::testing::{request, run, try_compile};

    fn after(uri: &str, rule: &str) -> String {
        let mut txn = request(&format!("GET {uri} HTTP/1.1"), &[("Host", "h"), ("X", "\\")]);
        assert!(matches!(run(Kinds::HTTP_REQUEST, rule, &mut txn), Outcome::Continue), "{rule}");
        String::from_utf8(txn.req.head.uri().to_vec()).unwrap()
    }

    #[test]
    fn parts_are_set() {
        assert_eq!(after("/a?q", "set-path /x%[path]"), "/x/a?q");
        assert_eq!(after("/a?q", "set-pathq /x"), "/x");
        assert_eq!(after("/a?q", "set-query a=1&%[query]"), "/a?a=1&q");
        assert_eq!(after("/a", "set-query z"), "/a?z");
        assert_eq!(after("/a?q", "set-uri /b?c"), "/b?c");
    }

    #[test]
    fn parts_are_replaced() {
        assert_eq!(after("/a/b?q", "replace-path /(.)/(.) /\\2/\\1"), "/b/a?q");
        assert_eq!(after("/a/b?q", "replace-pathq ^(.*)\\\\?(.*)$ /p\\1?r=\\2"), "/p/a/b?r=q");
        assert_eq!(after("http://h/a?q", "replace-uri ^http:(.*) https:\\1"), "https://h/a?q");
        assert_eq!(after("/a", "replace-path nothing /x"), "/a");
        assert_eq!(after("*", "replace-path . /x"), "*");
    }

    #[test]
    fn what_cannot_be_done_fails() {
        let mut txn = request("GET /a HTTP/1.1", &[]);
        assert!(matches!(run(Kinds::HTTP_REQUEST, "set-uri http:///x", &mut txn), Outcome::Fail));
        assert!(matches!(run(Kinds::HTTP_REQUEST, "replace-path .* b\\\\", &mut txn), Outcome::Fail));
        assert_eq!(txn.req.head.uri(), b"/a");
        assert!(try_compile(Kinds::HTTP_REQUEST, "set-path").is_err());
        assert!(try_compile(Kinds::HTTP_REQUEST, "replace-path ( /x").is_err());
    }
}
