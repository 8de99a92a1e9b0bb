//! `set-header`: gives a field one value, whatever it had before.

use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::header::{NamedFormat, named_format};
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-header",
    aliases: &[],
    kinds: Kinds::HTTP,
    compile,
    doc: Doc {
        brief: "replace all fields of a name by one",
        long: "",
        examples: &[
            Example::usage("http-request set-header X-Client-IP %[src]"),
            Example::usage("http-response set-header Cache-Control \"no-store, private\""),
        ],
    },
};

#[derive(Debug)]
struct SetHeader(NamedFormat);

impl Action for SetHeader {
    fn run(&self, txn: &mut Txn) -> Outcome {
        self.0.add(txn, |head, name| {
            head.fields.remove(name);
        })
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    Ok(Box::new(SetHeader(named_format(words, compile)?)))
}

#[cfg(test)]
mod tests {
    use crate::action::{Kinds, Outcome};
    use crate::actions::testing::{fields, request, run};

    #[test]
    fn replaces_all_of_a_name() {
        let mut txn = request("GET /p?q HTTP/1.1", &[("X-A", "1"), ("Host", "h"), ("x-a", "2")]);
        assert!(matches!(run(Kinds::HTTP_REQUEST, "set-header X-A <%[path]>", &mut txn), Outcome::Continue));
        assert_eq!(fields(&txn.req), ["Host: h", "X-A: </p>"]);
    }

    #[test]
    fn the_host_of_an_absolute_target_follows() {
        let mut txn = request("GET http://a/p HTTP/1.1", &[("Host", "a")]);
        run(Kinds::HTTP_REQUEST, "set-header host b", &mut txn);
        assert_eq!(txn.req.head.uri(), b"http://b/p");
    }

    #[test]
    fn a_message_that_does_not_fit_fails_under_strict_mode() {
        let mut txn = request("GET / HTTP/1.1", &[("X-A", "1")]);
        std::sync::Arc::get_mut(&mut txn.runtime).unwrap().process.buffer_bytes = 100;
        let long = format!("set-header X-A {}", "x".repeat(100));
        assert!(matches!(run(Kinds::HTTP_REQUEST, &long, &mut txn), Outcome::Fail));
        run(Kinds::HTTP_REQUEST, "strict-mode off", &mut txn);
        assert!(matches!(run(Kinds::HTTP_REQUEST, &long, &mut txn), Outcome::Continue));
        assert!(fields(&txn.req).is_empty());
        assert_eq!(txn.frontend.frontend.here().failed_rewrites.get(), 2);
    }
}
