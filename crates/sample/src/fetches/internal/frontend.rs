//! `fe_conn`, `fe_id`, `fe_name`, `fe_req_rate`, `fe_sess_rate`: a frontend.

use state::Proxy;
use state::counters::ProxyCounters;

use crate::fetches::prelude::*;

const FRONTEND: Param = Param::optional("frontend", Kind::Frontend);

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        params: &[FRONTEND],
        ..row(
            "fe_conn",
            Type::Int,
            Needs::NOTHING,
            |txn, args, _| count(frontend(txn, args).frontend_sessions.get()),
            doc("connections of a frontend now", &[example("fe_conn", "", "0")]),
        )
    },
    &Fetch {
        params: &[FRONTEND],
        ..row(
            "fe_req_rate",
            Type::Int,
            Needs::NOTHING,
            |txn, args, _| rate(frontend(txn, args), |counters| counters.req_rate.read(base::clock::now())),
            doc("HTTP requests a second of a frontend", &[example("fe_req_rate(px)", "", "0")]),
        )
    },
    &Fetch {
        params: &[FRONTEND],
        ..row(
            "fe_sess_rate",
            Type::Int,
            Needs::NOTHING,
            |txn, args, _| rate(frontend(txn, args), |counters| counters.sess_rate.read(base::clock::now())),
            doc("new sessions a second of a frontend", &[example("fe_sess_rate(px)", "", "0")]),
        )
    },
    &row(
        "fe_defbe",
        Type::Str,
        Needs::CLIENT,
        |txn, _, _| {
            txn.frontend.facts.default_backend.as_deref().map(|name| Value::str(name.as_bytes())).into()
        },
        doc("name of the frontend's default backend", &[]),
    ),
    &row(
        "fe_id",
        Type::Int,
        Needs::CLIENT,
        |txn, _, _| count(txn.frontend.uuid),
        doc("numeric id of the frontend that the connection came to", &[example("fe_id", "", "1")]),
    ),
    &row(
        "fe_name",
        Type::Str,
        Needs::CLIENT,
        |txn, _, _| Value::str(txn.frontend.name.as_bytes()).into(),
        doc("name of the frontend that the connection came to", &[example("fe_name", "", "px")]),
    ),
];

fn frontend<'a>(txn: &'a Txn, args: &Args) -> &'a Proxy {
    args.proxy(0).map_or(&txn.frontend, |id| txn.runtime.proxy(id))
}

fn rate<'a>(proxy: &Proxy, read: impl Fn(&ProxyCounters) -> u32) -> Fetched<'a> {
    count(proxy.frontend.iter().map(|counters| u64::from(read(counters))).sum::<u64>())
}
