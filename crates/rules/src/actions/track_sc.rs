//! `track-sc0`, `track-sc1`, ...: follows a key's entry in a stick table for as long as the session or stream lasts.

use base::{ProxyId, clock};
use keyword::{Doc, Example};
use sample::{Expr, Fetched, Problem, Txn};
use state::proxy::{Mode, Sides};
use state::table::{Table, Tracked};

use super::args::{action_word, expr, index, need, wrong};
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "track-sc",
    aliases: &[],
    kinds: Kinds::TCP_CONNECTION
        .and(Kinds::TCP_SESSION)
        .and(Kinds::TCP_CONTENT)
        .and(Kinds::HTTP_REQUEST)
        .and(Kinds::HTTP_RESPONSE),
    compile,
    doc: Doc {
        brief: "follow a key in a stick table with one of the stick counters",
        long: "The counter's number stands behind the name. What happens from here on is counted in the key's entry, \
               which is made if it is not there, as far as the table stores it. A counter that tracks already keeps \
               its key. In connection and session rules it is followed until the connection ends, else until the \
               exchange does. The table is the proxy's own unless `table` names another.",
        examples: &[
            Example::usage("http-request track-sc0 src"),
            Example::usage("tcp-request content track-sc1 req.hdr(X-Token) table px"),
        ],
    },
};

#[derive(Debug)]
struct Track {
    kind: Kinds,
    counter: u8,
    expr: Expr,
    table: ProxyId,
}

impl Action for Track {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let of_session = self.is_of_session();
        if is_tracking(txn, self.counter, of_session) {
            return Outcome::Continue;
        }
        let Some(table) = txn.runtime.proxy(self.table).table.clone() else { return Outcome::Continue };
        let key = match self.expr.fetch(txn) {
            Fetched::Value(value) => table.key(&value),
            Fetched::NotYet if self.kind == Kinds::TCP_CONTENT => return Outcome::NotYet,
            Fetched::NotYet | Fetched::Absent => None,
        };
        let now = clock::now();
        let Some(tracked) = key.and_then(|key| Table::get_or_create(&table, &key, now)) else {
            return Outcome::Continue;
        };
        self.begin(&tracked, txn);
        let list = if of_session { &txn.session.tracked } else { &txn.tracked };
        list.borrow_mut().push((self.counter, tracked));
        Outcome::Continue
    }
}

impl Track {
    fn is_of_session(&self) -> bool {
        Kinds::TCP_CONNECTION.and(Kinds::TCP_SESSION).covers(self.kind)
    }

    /// Counts what this begins with; what comes later is counted by the engine.
    fn begin(&self, tracked: &Tracked, txn: &Txn) {
        let now = clock::now();
        tracked.start(now);
        // The content rules of a frontend run before its request is counted, those of a backend behind that.
        let is_before_count = || !txn.has_backend && txn.frontend.mode == Mode::Http;
        if Kinds::HTTP.covers(self.kind) || (self.kind == Kinds::TCP_CONTENT && is_before_count()) {
            tracked.count_http_request(now);
        }
        if self.kind == Kinds::HTTP_RESPONSE {
            // The response was looked at before there was anything to count it in.
            match txn.res.head.status() {
                400..=499 => tracked.count_http_error(now),
                500 | 502..=504 | 506..=599 => tracked.count_http_failure(now),
                _ => {}
            }
        }
    }
}

fn is_tracking(txn: &Txn, counter: u8, of_session: bool) -> bool {
    let has = |list: &[(u8, Tracked)]| list.iter().any(|(number, _)| *number == counter);
    has(&txn.session.tracked.borrow()) || (!of_session && has(&txn.tracked.borrow()))
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let name = action_word(words);
    let number = name.text.strip_prefix(ROW.name.as_bytes()).unwrap_or_default();
    // Without a number it is the first one.
    let counter = if number.is_empty() { Ok(0) } else { index(number, "a stick counter", name.span) }?;
    let counter = u8::try_from(counter).map_err(|_| wrong(name, "there are not so many stick counters"))?;
    let expr = expr(words, "the key's expression", compile)?;
    let table = if words.eat("table") {
        let word = need(words, "the table's name")?;
        let found = compile.sample.names.proxy(&word.text, Sides::Both);
        found.ok_or_else(|| wrong(word, format!("there is no table `{}`", word.lossy())))?.id
    } else {
        compile.sample.proxy.ok_or_else(|| wrong(name, "there is no table here; `table` names one"))?
    };
    Ok(Box::new(Track { kind: compile.kind, counter, expr, table }))
}

/// The entry that a stick counter tracks, the stream's before the session's, if any.
pub(super) fn with_tracked<R>(txn: &Txn, counter: u8, work: impl FnOnce(&Tracked) -> R) -> Option<R> {
    for list in [&txn.tracked, &txn.session.tracked] {
        let list = list.borrow();
        if let Some((_, tracked)) = list.iter().find(|(number, _)| *number == counter) {
            return Some(work(tracked));
        }
    }
    None
}

/// An exchange whose proxy has a table of addresses that stores `data`.
#[cfg(test)]
pub(super) fn with_table(data: &str) -> (Txn, std::sync::Arc<Table>) {
    use std::sync::Arc;

    use state::table::{KeyType, TableSpec};
    let mut spec = TableSpec::new("px", KeyType::Ip, 100);
    spec.store(data).unwrap();
    let table = Table::new(spec);
    let mut runtime = sample::testing::runtime();
    let proxy = Arc::get_mut(&mut runtime.proxies[0]).unwrap();
    proxy.table = Some(table.clone());
    (Txn::new(Arc::new(runtime), Box::new(sample::testing::session())), table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::testing::{run, try_compile};
    use state::table::DataType;

    #[test]
    fn follows_once() {
        let (mut txn, table) = with_table("conn_cur,conn_cnt,http_req_cnt");
        run(Kinds::HTTP_REQUEST, "track-sc1 src", &mut txn);
        run(Kinds::HTTP_REQUEST, "track-sc1 str(10.0.0.1)", &mut txn);
        assert_eq!(table.used(clock::now()), 1);
        run(Kinds::TCP_CONTENT, "track-sc2 str(10.0.0.2)", &mut txn);
        let counted = with_tracked(&txn, 2, |t| t.get(DataType::HttpReqCnt, 0, clock::now())).flatten();
        assert_eq!(counted, Some(1), "the request is the frontend's");
        let read = |data| with_tracked(&txn, 1, |t| t.get(data, 0, clock::now())).flatten();
        assert_eq!(read(DataType::ConnCur), Some(1));
        assert_eq!(read(DataType::HttpReqCnt), Some(1));
        txn.reset();
        assert!(with_tracked(&txn, 1, |_| ()).is_none());
    }

    #[test]
    fn a_session_keeps_it() {
        let (mut txn, table) = with_table("conn_cur,http_req_cnt");
        run(Kinds::TCP_CONNECTION, "track-sc0 src table px", &mut txn);
        txn.reset();
        assert!(with_tracked(&txn, 0, |_| ()).is_some());
        run(Kinds::HTTP_REQUEST, "track-sc0 str(10.0.0.1)", &mut txn);
        assert_eq!(table.used(clock::now()), 1, "the session's counter is in use");
    }

    #[test]
    fn names_are_checked() {
        for wrong in [
            "track-sc256 src",
            "track-scx src",
            "track-sc0",
            "track-sc0 src table none",
            "track-sc0 src table",
        ] {
            assert!(try_compile(Kinds::HTTP_REQUEST, wrong).is_err(), "{wrong}");
        }
    }
}
