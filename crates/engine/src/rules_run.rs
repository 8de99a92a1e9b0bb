//! Running rulesets and carrying out what they wait for.

use std::rc::Rc;

use base::ProxyId;
use base::clock::{self, Millis};
use config::model::Rulesets;
use rules::action::{LogCall, NameCall, Wait};
use rules::observe::NoTrace;
use rules::ruleset::{Undecided, Verdict};
use rules::{Observer, Ruleset};
use sample::{Txn, Value};
use state::counters::{Counter, ProxyCounters};

use crate::client::Client;
use crate::failure::Failure;
use crate::forward::Way;
use crate::server_conn::ServerConn;
use crate::service;
use crate::stream::{Exchange, Stop};
use crate::worker::Worker;

/// Runs one of a proxy's rulesets on the response that `server` sends. Otherwise as [`run`].
pub(crate) async fn run_on_response(
    client: &mut Client,
    server: &mut ServerConn,
    x: &mut Exchange,
    proxy: ProxyId,
    which: fn(&Rulesets) -> &Ruleset,
) -> Result<(), Stop> {
    run_with(client, Some(server), x, proxy, which).await
}

/// Runs one of a proxy's rulesets to its end. A verdict other than "pass" comes back as [`Stop::Verdict`].
pub(crate) async fn run(
    client: &mut Client,
    x: &mut Exchange,
    proxy: ProxyId,
    which: fn(&Rulesets) -> &Ruleset,
) -> Result<(), Stop> {
    run_with(client, None, x, proxy, which).await
}

async fn run_with(
    client: &mut Client,
    mut server: Option<&mut ServerConn>,
    x: &mut Exchange,
    proxy: ProxyId,
    which: fn(&Rulesets) -> &Ruleset,
) -> Result<(), Stop> {
    let config = x.shared.config.clone();
    let ruleset = which(&config.proxy(proxy).rules);
    if ruleset.is_empty() {
        return Ok(());
    }
    let mut walk = Walk::of(ruleset);
    loop {
        let turn = walk.go_on(&mut x.txn, Undecided::IsFalse, &mut NoTrace);
        mark_client(client, &mut x.txn);
        match turn.map_err(|verdict| stop(x, verdict))? {
            Turn::Over => return Ok(()),
            Turn::Log(call) => crate::log::write_call(x, call),
            Turn::Wait(wait) => Box::pin(wait_for(client, server.as_deref_mut(), x, wait)).await?,
            // Not of rules to which what is not there is absent.
            Turn::More => {}
        }
    }
}

/// How an exchange's usual way is left for a verdict that does not let pass.
pub(crate) fn stop(x: &mut Exchange, verdict: Verdict) -> Stop {
    if let Verdict::Service(service) = verdict { service::named(x, service) } else { Stop::Verdict(verdict) }
}

/// A ruleset that is being run, with pauses. What a pause is for, whoever runs it carries out: the engine by waiting,
/// explanations from what they were told.
pub(crate) struct Walk<'r> {
    ruleset: &'r Ruleset,
    /// The rule that is next.
    at: usize,
}

/// Why a ruleset pauses.
pub(crate) enum Turn {
    /// It is through, and lets pass.
    Over,
    /// A line is to be logged.
    Log(LogCall),
    /// Something else must have happened first.
    Wait(Wait),
    /// A rule needs more of what the peer sends.
    More,
}

impl<'r> Walk<'r> {
    /// A ruleset from its first rule on.
    pub(crate) fn of(ruleset: &'r Ruleset) -> Self {
        Walk { ruleset, at: 0 }
    }

    /// Runs rules up to the next pause.
    ///
    /// # Errors
    /// The verdict of a rule that does not let pass.
    #[inline]
    pub(crate) fn go_on<O: Observer>(
        &mut self,
        txn: &mut Txn,
        undecided: Undecided,
        observer: &mut O,
    ) -> Result<Turn, Verdict> {
        match self.ruleset.run_watched(txn, self.at, undecided, observer) {
            Verdict::Pass => Ok(Turn::Over),
            Verdict::NotYet { resume } => {
                self.at = resume;
                Ok(Turn::More)
            }
            Verdict::Log { call, resume } => {
                self.at = resume;
                Ok(Turn::Log(call))
            }
            Verdict::Wait { wait, resume } => {
                self.at = resume;
                Ok(Turn::Wait(wait))
            }
            verdict @ (Verdict::Reply(_)
            | Verdict::Deny(_)
            | Verdict::Tarpit(_)
            | Verdict::Reject
            | Verdict::SilentDrop
            | Verdict::Service(_)
            | Verdict::Fail) => Err(verdict),
        }
    }

    /// The same on bytes of one side, as far as they have come; `is_final`: no more of them are waited for.
    pub(crate) fn inspect<O: Observer>(
        &mut self,
        txn: &mut Txn,
        way: Way,
        is_final: bool,
        observer: &mut O,
    ) -> Result<Turn, Verdict> {
        match way {
            Way::Request => txn.req.body_is_final = is_final,
            Way::Response => txn.res.body_is_final = is_final,
        }
        self.go_on(txn, if is_final { Undecided::IsFalse } else { Undecided::Wait }, observer)
    }
}

async fn wait_for(
    client: &mut Client,
    server: Option<&mut ServerConn>,
    x: &mut Exchange,
    wait: Wait,
) -> Result<(), Stop> {
    match wait {
        Wait::Pause(time) => {
            net::timer::sleep_until(clock::now().plus(time)).await;
            Ok(())
        }
        Wait::Handshake => crate::secure::complete(client, x).await.map_err(Stop::from),
        Wait::Name(call) => {
            resolve_name(x, &call, clock::NEVER).await;
            Ok(())
        }
        Wait::Body { time, bytes_min } => match server {
            None => crate::stream::buffer_request(client, x, time, bytes_min).await,
            Some(server) => crate::stream::buffer_response(client, server, x, time, bytes_min).await,
        },
    }
}

/// `do-resolve`: the variable gets the address, if there is one and it comes in time.
pub(crate) async fn resolve_name(x: &Exchange, call: &NameCall, until: Millis) {
    let address = tokio::select! {
        address = crate::resolve::address(&x.shared, call) => address,
        () = net::timer::sleep_until(until) => None,
    };
    if let Some(ip) = address {
        x.txn.set_var(call.var, Value::ip(ip));
    }
}

/// Runs `tcp-request connection` or `tcp-request session` rules. False: they refuse the client, which is to be closed and
/// was counted in `refused`.
pub(crate) fn admit(
    worker: &Rc<Worker>,
    client: &mut Client,
    which: fn(&Rulesets) -> &Ruleset,
    refused: fn(&ProxyCounters) -> &Counter,
) -> bool {
    let config = worker.shared.config.clone();
    let ruleset = which(&config.proxy(client.session.frontend).rules);
    if ruleset.is_empty() {
        return true;
    }
    let mut exchange = crate::stream::begin(worker, client);
    let mut verdict = ruleset.run(&mut exchange.txn, 0, Undecided::IsFalse);
    while let Verdict::Log { call, resume } = verdict {
        crate::log::write_call(&mut exchange, call);
        verdict = ruleset.run(&mut exchange.txn, resume, Undecided::IsFalse);
    }
    mark_client(client, &mut exchange.txn);
    crate::stream::end(worker, client, exchange);
    if verdict.lets_pass() {
        return true;
    }
    refused(worker.shared.runtime.proxy(client.session.frontend).frontend.here()).bump();
    client.session.listener.count(|counters| refused(counters).bump());
    let _ = client.conn.set_linger_zero();
    false
}

/// `set-fc-tos` and `set-fc-mark`: carried out as soon as the rules are through that say so. What the kernel refuses is
/// left as it is.
pub(crate) fn mark_client(client: &Client, txn: &mut Txn) {
    let (tos, mark) = (txn.overrides.client_tos.take(), txn.overrides.client_mark.take());
    let conn = client.conn.conn();
    if let (Some(tos), Some(addr)) = (tos, txn.session.socket_src) {
        let _ = net::options::set_tos(conn.fd(), &addr, tos);
    }
    if let Some(mark) = mark {
        let _ = net::options::set_mark(conn.fd(), mark);
    }
}

/// Which failure a verdict that refuses stands for in the log.
pub(crate) fn refusal(verdict: &Verdict, is_response: bool) -> Failure {
    match verdict {
        Verdict::Deny(_) if is_response => Failure::ResponseDenied,
        Verdict::Tarpit(_) => Failure::Tarpitted,
        Verdict::Reject | Verdict::SilentDrop => Failure::Rejected,
        Verdict::Fail if is_response => Failure::ResponseInternal,
        Verdict::Fail => Failure::Internal,
        Verdict::Deny(_)
        | Verdict::Reply(_)
        | Verdict::Pass
        | Verdict::NotYet { .. }
        | Verdict::Log { .. }
        | Verdict::Service(_)
        | Verdict::Wait { .. } => Failure::Denied,
    }
}
