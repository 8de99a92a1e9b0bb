//! `avg_queue`, `be_conn`, `be_conn_free`, `be_id`, `be_name`, `be_sess_rate`, `connslots`, `nbsrv`, `queue`: a backend.

use state::{Proxy, Server};

use crate::fetches::prelude::*;

const BACKEND: &[Param] = &[Param::optional("backend", Kind::Backend)];

const fn of(name: &'static str, run: FetchFn, doc: Doc) -> Fetch {
    Fetch { params: BACKEND, ..row(name, Type::Int, Needs::NOTHING, run, doc) }
}

pub(super) static ROWS: &[&Fetch] = &[
    &of(
        "avg_queue",
        |txn, args, _| {
            let proxy = backend(txn, args);
            let (queued, servers) = (queued(proxy), u64::from(proxy.balancer.usable()));
            count(if servers > 0 { queued.div_ceil(servers) } else { queued * 2 })
        },
        Doc {
            brief: "queued requests of a backend for each of its usable servers, rounded up",
            long: "Twice the number of queued requests when no server is usable.",
            examples: &[example("avg_queue", "", "0")],
        },
    ),
    &of(
        "be_conn",
        |txn, args, _| count(backend(txn, args).backend_sessions.get()),
        doc("sessions of a backend now, queued ones included", &[example("be_conn(px)", "", "0")]),
    ),
    &of(
        "be_conn_free",
        |txn, args, _| sum(backend(txn, args), free),
        Doc {
            brief: "sessions that a backend's running servers could still take",
            long: "-1 when one of them has no limit.",
            examples: &[example("be_conn_free", "", "0")],
        },
    ),
    &of(
        "be_sess_rate",
        |txn, args, _| {
            let now = base::clock::now();
            let rates =
                backend(txn, args).backend.iter().map(|counters| u64::from(counters.sess_rate.read(now)));
            count(rates.sum::<u64>())
        },
        doc("new sessions a second of a backend", &[example("be_sess_rate", "", "0")]),
    ),
    &of(
        "connslots",
        |txn, args, _| sum(backend(txn, args), |server| Some(free(server)? + queue_slots(server)?)),
        Doc {
            brief: "sessions and queue slots that a backend's running servers could still take",
            long: "-1 when one of them has no limit of either.",
            examples: &[example("connslots", "", "0")],
        },
    ),
    &of(
        "nbsrv",
        |txn, args, _| count(backend(txn, args).balancer.usable()),
        doc("usable servers of a backend", &[example("nbsrv(px)", "", "0")]),
    ),
    &of(
        "queue",
        |txn, args, _| count(queued(backend(txn, args))),
        doc(
            "queued requests of a backend, those for a server of their own included",
            &[example("queue", "", "0")],
        ),
    ),
    &row(
        "be_id",
        Type::Int,
        Needs::BACKEND,
        |txn, _, _| count(txn.backend.uuid),
        doc("numeric id of the backend that serves this request", &[example("be_id", "", "1")]),
    ),
    &row(
        "be_name",
        Type::Str,
        Needs::BACKEND,
        |txn, _, _| Value::str(txn.backend.name.as_bytes()).into(),
        doc("name of the backend that serves this request", &[example("be_name", "", "px")]),
    ),
];

fn backend<'a>(txn: &'a Txn, args: &Args) -> &'a Proxy {
    args.proxy(0).map_or(&txn.backend, |id| txn.runtime.proxy(id))
}

fn queued(proxy: &Proxy) -> u64 {
    let servers = proxy.servers.load();
    let own = servers.iter().map(|server| u64::from(server.queued.get()));
    u64::from(proxy.queued.get()) + own.sum::<u64>()
}

/// Sessions that `server` could still take; `None` without a limit.
pub(super) fn free(server: &Server) -> Option<i64> {
    let limit = server.maxconn();
    (limit > 0).then(|| (i64::from(limit) - i64::from(server.sessions.get())).max(0))
}

fn queue_slots(server: &Server) -> Option<i64> {
    (server.maxqueue > 0).then(|| (i64::from(server.maxqueue) - i64::from(server.queued.get())).max(0))
}

/// The sum over all running servers, -1 when one has none.
fn sum<'a>(proxy: &Proxy, of: impl Fn(&Server) -> Option<i64>) -> Fetched<'a> {
    let servers = proxy.servers.load();
    let running = servers.iter().filter(|server| server.is_running());
    Value::Int(running.map(|server| of(server)).sum::<Option<i64>>().unwrap_or(-1)).into()
}
