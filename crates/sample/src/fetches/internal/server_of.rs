//! `srv_conn`, `srv_conn_free`, `srv_is_up`, `srv_iweight`, `srv_queue`, `srv_sess_rate`, `srv_uweight`, `srv_weight`:
//! any server, by its name.

use state::Server;

use crate::fetches::prelude::*;

const SERVER: &[Param] = &[Param::required("backend/server", Kind::Server)];

const fn of(name: &'static str, out: Type, run: FetchFn, doc: Doc) -> Fetch {
    Fetch { params: SERVER, ..row(name, out, Needs::NOTHING, run, doc) }
}

pub(super) static ROWS: &[&Fetch] = &[
    &of(
        "srv_conn",
        Type::Int,
        |txn, args, _| with(txn, args, |server| Value::Int(i64::from(server.sessions.get()))),
        doc("sessions of a server now", &[Example::usage("srv_conn(bk/s1)")]),
    ),
    &of(
        "srv_conn_free",
        Type::Int,
        |txn, args, _| with(txn, args, |server| Value::Int(super::backend::free(server).unwrap_or(-1))),
        doc(
            "sessions that a server could still take, -1 without `maxconn`",
            &[Example::usage("srv_conn_free(bk/s1)")],
        ),
    ),
    &of(
        "srv_is_up",
        Type::Bool,
        |txn, args, _| with(txn, args, |server| Value::Bool(server.is_running())),
        doc("whether a server is up and not in maintenance", &[Example::usage("srv_is_up(bk/s1)")]),
    ),
    &of(
        "srv_iweight",
        Type::Int,
        |txn, args, _| with(txn, args, |server| Value::Int(i64::from(server.initial_weight))),
        doc("the weight that a server was configured with", &[Example::usage("srv_iweight(bk/s1)")]),
    ),
    &of(
        "srv_queue",
        Type::Int,
        |txn, args, _| with(txn, args, |server| Value::Int(i64::from(server.queued.get()))),
        doc("requests that wait for this very server", &[Example::usage("srv_queue(bk/s1)")]),
    ),
    &of(
        "srv_sess_rate",
        Type::Int,
        |txn, args, _| {
            let now = base::clock::now();
            with(txn, args, |server| {
                let rates = server.counters.iter().map(|counters| i64::from(counters.sess_rate.read(now)));
                Value::Int(rates.sum())
            })
        },
        doc("new sessions a second of a server", &[Example::usage("srv_sess_rate(bk/s1)")]),
    ),
    &of(
        "srv_uweight",
        Type::Int,
        |txn, args, _| with(txn, args, |server| Value::Int(i64::from(server.weight()))),
        doc("the weight that a server was given last", &[Example::usage("srv_uweight(bk/s1)")]),
    ),
    &of(
        "srv_weight",
        Type::Int,
        |txn, args, _| {
            let Some((proxy, id)) = args.server(0) else { return Fetched::Absent };
            count(txn.runtime.proxy(proxy).balancer.effective_weight(id))
        },
        doc("a server's weight now, while it starts slowly included", &[Example::usage("srv_weight(bk/s1)")]),
    ),
];

fn with<'a>(txn: &'a Txn, args: &Args, read: impl Fn(&Server) -> Value<'a>) -> Fetched<'a> {
    let Some((proxy, id)) = args.server(0) else { return Fetched::Absent };
    txn.runtime.proxy(proxy).servers.load().get(id).map(|server| read(server)).into()
}
