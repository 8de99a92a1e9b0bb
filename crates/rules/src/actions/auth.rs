//! `auth`: asks the client for a name and a password.

use std::sync::{Arc, OnceLock};

use base::ProxyId;
use keyword::{Doc, Example};
use sample::{Problem, Txn};

use super::args::need;
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::reply::Reply;
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "auth",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST,
    compile,
    doc: Doc {
        brief: "answer with 401, so that the client authenticates itself",
        long: "The realm is the proxy's name unless `realm` gives another. The rule usually stands under a condition \
               with `http_auth`.",
        examples: &[Example::usage("http-request auth realm \"Members only\"")],
    },
};

#[derive(Debug)]
struct Auth {
    realm: Option<Box<[u8]>>,
    proxy: Option<ProxyId>,
    /// Made when it is first needed, because the proxy's name may be part of it.
    reply: OnceLock<Arc<Reply>>,
    /// The same for requests that are proxied (`option http-use-proxy-header`).
    proxied_reply: OnceLock<Arc<Reply>>,
}

impl Action for Auth {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let (status, kept) = if txn.is_proxied { (407, &self.proxied_reply) } else { (401, &self.reply) };
        let make = || {
            let realm = self.realm.clone().unwrap_or_else(|| {
                let proxy = self.proxy.map_or(&txn.frontend, |id| txn.runtime.proxy(id));
                proxy.name.as_bytes().into()
            });
            Arc::new(Reply::Authenticate { realm, status })
        };
        Outcome::Reply(kept.get_or_init(make).clone())
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let realm = if words.eat("realm") {
        Some(need(words, "the realm")?.text.clone().into_boxed_slice())
    } else {
        None
    };
    Ok(Box::new(Auth {
        realm,
        proxy: compile.sample.proxy,
        reply: OnceLock::new(),
        proxied_reply: OnceLock::new(),
    }))
}

#[cfg(test)]
mod tests {
    use crate::action::{Kinds, Outcome};
    use crate::actions::testing::{request, run};
    use crate::reply::Reply;

    #[test]
    fn realms() {
        let mut txn = request("GET / HTTP/1.1", &[]);
        for (rule, want) in [("auth", &b"px"[..]), ("auth realm \"a b\"", b"a b")] {
            let Outcome::Reply(reply) = run(Kinds::HTTP_REQUEST, rule, &mut txn) else { panic!("{rule}") };
            assert!(matches!(&*reply, Reply::Authenticate { realm, status: 401 } if **realm == *want));
        }
    }
}
