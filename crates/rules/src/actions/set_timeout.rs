//! `set-timeout`: replaces a timeout for this exchange.

use keyword::{Doc, Example};
use sample::{Place, Problem, Txn};

use super::args::{Time, need, time_or_expr, wrong};
use crate::action::{Action, ActionCompile, ActionRow, Kinds, Outcome};
use crate::words::Words;

pub(super) static ROW: ActionRow = ActionRow {
    name: "set-timeout",
    aliases: &[],
    kinds: Kinds::HTTP_REQUEST.and(Kinds::HTTP_RESPONSE),
    compile,
    doc: Doc {
        brief: "replace a timeout for this exchange",
        long: "One of `client`, `connect`, `queue`, `server`, `tarpit` and `tunnel`. The time may be an expression, in \
               milliseconds.",
        examples: &[
            Example::usage("http-request set-timeout server 5s"),
            Example::usage("http-request set-timeout tunnel req.hdr_val(X-Timeout)"),
        ],
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timeout {
    Client,
    Connect,
    Queue,
    Server,
    Tarpit,
    Tunnel,
}

const NAMES: &[(&str, Timeout)] = &[
    ("client", Timeout::Client),
    ("connect", Timeout::Connect),
    ("queue", Timeout::Queue),
    ("server", Timeout::Server),
    ("tarpit", Timeout::Tarpit),
    ("tunnel", Timeout::Tunnel),
];

#[derive(Debug)]
struct SetTimeout {
    timeout: Timeout,
    time: Time,
}

impl Action for SetTimeout {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let Some(time) = self.time.get(txn) else { return Outcome::Continue };
        let overrides = &mut txn.overrides;
        let place = match self.timeout {
            Timeout::Client => &mut overrides.client,
            Timeout::Connect => &mut overrides.connect,
            Timeout::Queue => &mut overrides.queue,
            Timeout::Server => &mut overrides.server,
            Timeout::Tarpit => &mut overrides.tarpit,
            Timeout::Tunnel => &mut overrides.tunnel,
        };
        *place = Some(time);
        Outcome::Continue
    }
}

fn compile(words: &mut Words<'_>, compile: &mut ActionCompile<'_, '_>) -> Result<Box<dyn Action>, Problem> {
    let word = need(words, "the timeout's name")?;
    let known = NAMES.iter().find(|known| word.text == known.0.as_bytes());
    let Some((name, timeout)) = known else {
        return Err(wrong(word, format!("there is no timeout `{}` that rules can set", word.lossy())));
    };
    if *timeout == Timeout::Client && compile.sample.place == Place::BackendRequest {
        return Err(wrong(word, "a backend has no `client` timeout"));
    }
    let time = time_or_expr(words, &format!("the `{name}` timeout"), compile)?;
    Ok(Box::new(SetTimeout { timeout: *timeout, time }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::action::Kinds;
    use crate::actions::testing::{request, run, try_compile};

    #[test]
    fn each_has_its_own() {
        let mut txn = request("GET / HTTP/1.1", &[]);
        run(Kinds::HTTP_REQUEST, "set-timeout server 5s", &mut txn);
        run(Kinds::HTTP_REQUEST, "set-timeout client src_port", &mut txn);
        assert_eq!(txn.overrides.server, Some(Duration::from_secs(5)));
        assert_eq!(txn.overrides.client, Some(Duration::from_millis(1234)));
        assert_eq!(txn.overrides.tunnel, None);
        for wrong in ["set-timeout server", "set-timeout srv 5s", "set-timeout server 0"] {
            assert!(try_compile(Kinds::HTTP_REQUEST, wrong).is_err(), "{wrong}");
        }
    }
}
