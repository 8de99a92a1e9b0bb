//! Running rulesets and carrying out what they wait for.

use std::rc::Rc;

use base::ProxyId;
use base::clock;
use config::model::Rulesets;
use rules::Ruleset;
use rules::action::Wait;
use rules::ruleset::{Undecided, Verdict};
use sample::Txn;
use state::counters::{Counter, ProxyCounters};

use crate::client::Client;
use crate::failure::Failure;
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
    let mut from = 0;
    loop {
        let verdict = ruleset.run(&mut x.txn, from, Undecided::IsFalse);
        mark_client(client, &mut x.txn);
        match verdict {
            Verdict::Pass => return Ok(()),
            Verdict::NotYet { resume } => from = resume + 1,
            Verdict::Log { resume, .. } => {
                crate::log::write(x);
                from = resume;
            }
            Verdict::Wait { wait, resume } => {
                Box::pin(wait_for(client, server.as_deref_mut(), x, wait)).await?;
                from = resume;
            }
            Verdict::Service(service) => return Err(service::named(x, service)),
            verdict @ (Verdict::Reply(_)
            | Verdict::Deny(_)
            | Verdict::Tarpit(_)
            | Verdict::Reject
            | Verdict::SilentDrop
            | Verdict::Fail) => return Err(Stop::Verdict(verdict)),
        }
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
        Wait::Body { time, bytes_min } => match server {
            None => crate::stream::buffer_request(client, x, time, bytes_min).await,
            Some(server) => crate::stream::buffer_response(client, server, x, time, bytes_min).await,
        },
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
    let verdict = ruleset.run(&mut exchange.txn, 0, Undecided::IsFalse);
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
