//! What the actions share that change lists of patterns while they are in use.

use std::sync::Arc;

use sample::Problem;
use sample::logformat::{LogFormat, Style};
use state::pattern::{Columns, PatternRef, UsedBy};
use syntax::Word;

use super::args::{action_word, format, need, wrong};
use super::message::rendered;
use crate::acl::registry;
use crate::action::{Action, ActionCompile, Outcome};
use crate::scratch::with_scratch;
use crate::words::Words;
use sample::Txn;

/// What is done to a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edit {
    /// A pattern is added to an ACL's list unless it is there.
    AddAcl,
    /// A pattern is removed from an ACL's list.
    DelAcl,
    /// A key of a map is given a value.
    SetMap,
    /// A key is removed from a map.
    DelMap,
}

#[derive(Debug)]
struct Change {
    edit: Edit,
    list: Arc<PatternRef>,
    key: LogFormat,
    value: Option<LogFormat>,
}

impl Action for Change {
    fn run(&self, txn: &mut Txn) -> Outcome {
        rendered(&self.key, txn, |key, txn| {
            // A key that is no pattern of this list, or is not there, leaves the list as it is.
            let _ = match (self.edit, &self.value) {
                (Edit::AddAcl, _) => self.list.add_once(key, None),
                (Edit::SetMap, Some(value)) => with_scratch(|text| {
                    value.render(txn, text);
                    self.list.set_or_add(key, text)
                }),
                (Edit::DelAcl | Edit::DelMap | Edit::SetMap, _) => self.list.delete(key),
            };
        });
        Outcome::Continue
    }
}

/// The words of these actions: the file in the parentheses of the name, the key, and for `set-map` the value.
pub(super) fn compile(
    edit: Edit,
    words: &mut Words<'_>,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<Box<dyn Action>, Problem> {
    let name = action_word(words);
    let open = name.text.iter().position(|b| *b == b'(');
    let inner = open.and_then(|open| name.text[open + 1..].strip_suffix(b")"));
    let Some(path) = inner.filter(|path| !path.is_empty()) else {
        return Err(wrong(name, "the file of the list is missing, as in `set-map(/etc/a.map)`"));
    };
    let list = list(edit, path, name, compile);
    need(&mut words.clone(), "the key")?;
    let key = format(words, "the key", Style::Text, compile)?;
    let value = match edit {
        Edit::SetMap => {
            need(&mut words.clone(), "the value")?;
            Some(format(words, "the value", Style::Text, compile)?)
        }
        Edit::AddAcl | Edit::DelAcl | Edit::DelMap => None,
    };
    Ok(Box::new(Change { edit, list, key, value }))
}

/// The list that is changed. HAProxy looks it up when the rule runs and does nothing if there is none; so a file that
/// cannot be read is no error here either.
fn list(edit: Edit, path: &[u8], name: &Word, compile: &mut ActionCompile<'_, '_>) -> Arc<PatternRef> {
    let (columns, by) = match edit {
        Edit::AddAcl | Edit::DelAcl => (Columns::One, UsedBy::Acl),
        Edit::SetMap | Edit::DelMap => (Columns::Two, UsedBy::Map),
    };
    compile.sample.span = name.span;
    registry::of_file(path, columns, by, compile.sample).unwrap_or_else(|problem| {
        compile.sample.warn(format!("this rule changes nothing: {}", problem.message));
        PatternRef::new(&base::Lossy(path).to_string(), columns)
    })
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::Arc;

    use base::{ProxyId, ServerId};
    use sample::Names;
    use sample::compile::{AclTest, ProxyName};
    use sample::testing::TestNames;
    use state::pattern::PatternRefs;
    use state::proxy::Sides;

    use crate::action::Kinds;
    use crate::actions::testing::{request, try_compile_in};

    /// The names of [`TestNames`] with a registry.
    struct Registry(TestNames, RefCell<PatternRefs>);

    impl Names for Registry {
        fn proxy(&self, name: &[u8], side: Sides) -> Option<ProxyName> {
            self.0.proxy(name, side)
        }
        fn server(&self, proxy: ProxyId, name: &[u8]) -> Option<ServerId> {
            self.0.server(proxy, name)
        }
        fn userlist(&self, name: &[u8]) -> Option<usize> {
            self.0.userlist(name)
        }
        fn file(&self, path: &[u8]) -> Result<Arc<[u8]>, String> {
            self.0.file(path)
        }
        fn acl(&self, name: &[u8]) -> Option<Arc<dyn AclTest>> {
            self.0.acl(name)
        }
        fn patterns(&self) -> Option<&RefCell<PatternRefs>> {
            Some(&self.1)
        }
        fn proxy_names(&self) -> Vec<String> {
            self.0.proxy_names()
        }
    }

    #[test]
    fn lists_change() {
        let files = vec![("/m", &b"a 1\n"[..]), ("/l", &b"x\n"[..])];
        let names = Registry(TestNames { files }, RefCell::default());
        let mut txn = request("GET /k HTTP/1.1", &[]);
        for rule in [
            "set-map(/m) a 2",
            "set-map(/m) %[path] v%[path]",
            "add-acl(/l) %[path]",
            "add-acl(/l) %[path]",
            "del-acl(/l) x",
            "del-acl(/l) none",
        ] {
            try_compile_in(Kinds::HTTP_REQUEST, rule, &names).unwrap().action.run(&mut txn);
        }
        let refs = names.1.borrow();
        let list = |name: &str| -> Vec<String> {
            let entries = refs.find(name).unwrap().reference.entries(None);
            let text = |e: &state::pattern::Entry| {
                let value = e.text().map(|t| format!("={}", String::from_utf8_lossy(&t))).unwrap_or_default();
                format!("{}{value}", String::from_utf8_lossy(e.pattern()))
            };
            entries.map(|e| text(&e)).collect()
        };
        assert_eq!(list("/m"), ["a=2", "/k=v/k"]);
        assert_eq!(list("/l"), ["/k"]);
    }

    #[test]
    fn what_is_missing() {
        let names = Registry(TestNames { files: vec![("/m", b"")] }, RefCell::default());
        for wrong in ["set-map(/m) a", "set-map(/m)", "set-map a b", "set-map() a b", "add-acl(/m"] {
            assert!(try_compile_in(Kinds::HTTP_REQUEST, wrong, &names).is_err(), "{wrong}");
        }
    }
}
