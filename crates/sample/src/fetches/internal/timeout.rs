//! `be_*_timeout`, `cur_*_timeout`, `fe_*_timeout`, `be_max_retries`, `cur_max_retries`: limits, as configured and as
//! they are for this exchange. Durations are milliseconds, 0 for none.

use std::time::Duration;

use crate::fetches::prelude::*;

const fn of(name: &'static str, needs: Needs, run: FetchFn, brief: &'static str) -> Fetch {
    row(name, Type::Int, needs, run, Doc::brief(brief))
}

pub(super) static ROWS: &[&Fetch] = &[
    &of(
        "be_connect_timeout",
        Needs::BACKEND,
        |txn, _, _| millis(txn.backend.timeouts.connect),
        "`timeout connect` of the backend",
    ),
    &of(
        "be_queue_timeout",
        Needs::BACKEND,
        |txn, _, _| millis(txn.backend.timeouts.queue),
        "`timeout queue` of the backend",
    ),
    &of(
        "be_server_timeout",
        Needs::BACKEND,
        |txn, _, _| millis(txn.backend.timeouts.server),
        "`timeout server` of the backend",
    ),
    &of(
        "be_tarpit_timeout",
        Needs::BACKEND,
        |txn, _, _| millis(txn.backend.timeouts.tarpit),
        "`timeout tarpit` of the backend",
    ),
    &of(
        "be_tunnel_timeout",
        Needs::BACKEND,
        |txn, _, _| millis(txn.backend.timeouts.tunnel),
        "`timeout tunnel` of the backend",
    ),
    &of(
        "fe_client_timeout",
        Needs::CLIENT,
        |txn, _, _| millis(txn.frontend.timeouts.client),
        "`timeout client` of the frontend",
    ),
    &of(
        "fe_tarpit_timeout",
        Needs::CLIENT,
        |txn, _, _| millis(txn.frontend.timeouts.tarpit),
        "`timeout tarpit` of the frontend",
    ),
    &of(
        "cur_client_timeout",
        Needs::STREAM,
        |txn, _, _| millis(txn.overrides.client.or(txn.frontend.timeouts.client)),
        "the client timeout of this exchange",
    ),
    &of(
        "cur_connect_timeout",
        Needs::BACKEND,
        |txn, _, _| millis(txn.overrides.connect.or(txn.backend.timeouts.connect)),
        "the connect timeout of this exchange",
    ),
    &of(
        "cur_queue_timeout",
        Needs::BACKEND,
        |txn, _, _| millis(txn.overrides.queue.or(txn.backend.timeouts.queue)),
        "the queue timeout of this exchange",
    ),
    &of(
        "cur_server_timeout",
        Needs::BACKEND,
        |txn, _, _| millis(txn.overrides.server.or(txn.backend.timeouts.server)),
        "the server timeout of this exchange",
    ),
    &of(
        "cur_tarpit_timeout",
        Needs::STREAM,
        |txn, _, _| millis(txn.overrides.tarpit.or(txn.backend.timeouts.tarpit)),
        "the tarpit timeout of this exchange",
    ),
    &of(
        "cur_tunnel_timeout",
        Needs::BACKEND,
        |txn, _, _| millis(txn.overrides.tunnel.or(txn.backend.timeouts.tunnel)),
        "the tunnel timeout of this exchange",
    ),
    &of("be_max_retries", Needs::BACKEND, |txn, _, _| count(txn.backend.retries), "`retries` of the backend"),
    &of(
        "cur_max_retries",
        Needs::BACKEND,
        |txn, _, _| count(txn.overrides.retries.unwrap_or(txn.backend.retries)),
        "how often connecting is tried again in this exchange",
    ),
];

fn millis<'a>(timeout: Option<Duration>) -> Fetched<'a> {
    count(timeout.unwrap_or_default().as_millis())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::fetches::tests::eval;
    use crate::testing::txn;

    #[test]
    fn an_exchange_may_differ_from_its_proxy() {
        let mut txn = txn();
        assert_eq!(eval("cur_server_timeout", &txn).as_deref(), Some("0"));
        txn.overrides.server = Some(Duration::from_secs(3));
        txn.overrides.retries = Some(7);
        assert_eq!(eval("cur_server_timeout", &txn).as_deref(), Some("3000"));
        assert_eq!(eval("be_server_timeout", &txn).as_deref(), Some("0"));
        assert_eq!(eval("cur_max_retries", &txn).as_deref(), Some("7"));
        assert_eq!(eval("be_max_retries", &txn).as_deref(), Some("3"));
    }
}
