//! Running rulesets and carrying out what they wait for.

use std::rc::Rc;

use base::ProxyId;
use base::clock;
use config::model::Rulesets;
use rules::Ruleset;
use rules::action::Wait;
use rules::ruleset::{Undecided, Verdict};

use crate::client::Client;
use crate::failure::Failure;
use crate::stream::{Exchange, Stop};
use crate::worker::Worker;

/// Runs one of a proxy's rulesets to its end. A verdict other than "pass" comes back as [`Stop::Verdict`].
pub(crate) async fn run(
    client: &mut Client,
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
        match ruleset.run(&mut x.txn, from, Undecided::IsFalse) {
            Verdict::Pass => return Ok(()),
            Verdict::NotYet { resume } => from = resume + 1,
            Verdict::Log { resume, .. } => {
                crate::log::write(x);
                from = resume;
            }
            Verdict::Wait { wait, resume } => {
                Box::pin(wait_for(client, x, wait)).await?;
                from = resume;
            }
            verdict @ (Verdict::Reply(_)
            | Verdict::Deny(_)
            | Verdict::Tarpit(_)
            | Verdict::Reject
            | Verdict::SilentDrop
            | Verdict::Fail) => return Err(Stop::Verdict(verdict)),
        }
    }
}

async fn wait_for(client: &mut Client, x: &mut Exchange, wait: Wait) -> Result<(), Stop> {
    match wait {
        Wait::Pause(time) => {
            net::timer::sleep_until(clock::now().plus(time)).await;
            Ok(())
        }
        // The session begins after the handshake: there is nothing to wait for.
        Wait::Handshake => Ok(()),
        Wait::Body { time, bytes_min } => crate::stream::buffer_request(client, x, time, bytes_min).await,
    }
}

/// Runs `tcp-request connection` and `tcp-request session` rules; the client is dropped when they refuse it.
pub(crate) fn admit(worker: &Rc<Worker>, mut client: Client) -> Option<Client> {
    let config = worker.shared.config.clone();
    let rules = &config.proxy(client.session.frontend).rules;
    if rules.tcp_connection.is_empty() && rules.tcp_session.is_empty() {
        return Some(client);
    }
    let mut exchange = crate::stream::begin(worker, &mut client);
    let mut verdict = rules.tcp_connection.run(&mut exchange.txn, 0, Undecided::IsFalse);
    if matches!(verdict, Verdict::Pass) {
        verdict = rules.tcp_session.run(&mut exchange.txn, 0, Undecided::IsFalse);
    }
    crate::stream::end(worker, &mut client, exchange);
    match verdict {
        Verdict::Pass | Verdict::NotYet { .. } | Verdict::Wait { .. } | Verdict::Log { .. } => Some(client),
        Verdict::Reply(_)
        | Verdict::Deny(_)
        | Verdict::Tarpit(_)
        | Verdict::Reject
        | Verdict::SilentDrop
        | Verdict::Fail => {
            let counters = worker.shared.runtime.proxy(client.session.frontend).frontend.here();
            counters.denied_conn.bump();
            let _ = client.conn.set_linger_zero();
            None
        }
    }
}

/// Which failure a verdict that refuses stands for in the log.
pub(crate) fn refusal(verdict: &Verdict, is_response: bool) -> Failure {
    match verdict {
        Verdict::Deny(_) if is_response => Failure::ResponseDenied,
        Verdict::Tarpit(_) => Failure::Tarpitted,
        Verdict::Reject | Verdict::SilentDrop => Failure::Rejected,
        Verdict::Fail => Failure::Internal,
        Verdict::Deny(_)
        | Verdict::Reply(_)
        | Verdict::Pass
        | Verdict::NotYet { .. }
        | Verdict::Log { .. }
        | Verdict::Wait { .. } => Failure::Denied,
    }
}
