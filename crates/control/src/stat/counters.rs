//! Which counter stands behind which column: what `show stat` reads there, a `stats-file` sets there.

use state::counters::{Counter, ProxyCounters, ServerCounters};

/// A side of a proxy, with what is counted there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// A frontend and its listeners.
    Client,
    /// A backend and its servers.
    Server,
}

/// Finds a counter among those of one worker.
pub(super) type Find<T> = fn(&T) -> &Counter;

/// What a frontend and each of its listeners count alike.
pub(super) fn client_side(column: &str) -> Option<Find<ProxyCounters>> {
    Some(match column {
        "ereq" => |c| &c.failed_req,
        "conn_tot" => |c| &c.cum_conn,
        "dcon" => |c| &c.denied_conn,
        "dses" => |c| &c.denied_sess,
        _ => return both_sides(column),
    })
}

/// What a backend counts.
pub(super) fn server_side(column: &str) -> Option<Find<ProxyCounters>> {
    Some(match column {
        "econ" => |c| &c.failed_conns,
        "eresp" => |c| &c.failed_resp,
        "wretr" => |c| &c.retries,
        "wredis" => |c| &c.redispatches,
        "cli_abrt" => |c| &c.cli_aborts,
        "srv_abrt" => |c| &c.srv_aborts,
        "connect" => |c| &c.connect,
        "reuse" => |c| &c.reuse,
        _ => return both_sides(column).or_else(|| compression(column)),
    })
}

/// What a frontend and a backend count of compression; listeners do not.
pub(super) fn compression(column: &str) -> Option<Find<ProxyCounters>> {
    Some(match column {
        "comp_in" => |c| &c.comp_in,
        "comp_out" => |c| &c.comp_out,
        "comp_byp" => |c| &c.comp_byp,
        "comp_rsp" => |c| &c.comp_rsp,
        _ => return None,
    })
}

/// What frontends and backends count alike.
fn both_sides(column: &str) -> Option<Find<ProxyCounters>> {
    Some(match column {
        "stot" => |c| &c.cum_sess,
        "bin" | "reqbin" => |c| &c.bytes_in,
        "bout" | "resbout" => |c| &c.bytes_out,
        "reqbout" => |c| &c.server_bytes_in,
        "resbin" => |c| &c.server_bytes_out,
        "dreq" => |c| &c.denied_req,
        "dresp" => |c| &c.denied_resp,
        "wrew" => |c| &c.failed_rewrites,
        "eint" => |c| &c.internal_errors,
        _ => return None,
    })
}

/// What a server counts.
pub(super) fn server(column: &str) -> Option<Find<ServerCounters>> {
    Some(match column {
        "stot" | "lbtot" => |c| &c.cum_sess,
        "bin" | "reqbin" => |c| &c.bytes_in,
        "bout" | "resbout" => |c| &c.bytes_out,
        "reqbout" => |c| &c.sent,
        "resbin" => |c| &c.received,
        "dresp" => |c| &c.denied_resp,
        "econ" => |c| &c.failed_conns,
        "eresp" => |c| &c.failed_resp,
        "wretr" => |c| &c.retries,
        "wredis" => |c| &c.redispatches,
        "cli_abrt" => |c| &c.cli_aborts,
        "srv_abrt" => |c| &c.srv_aborts,
        "connect" => |c| &c.connect,
        "reuse" => |c| &c.reuse,
        "wrew" => |c| &c.failed_rewrites,
        "eint" => |c| &c.internal_errors,
        _ => return None,
    })
}

/// Which of the counters of responses a column shows: those of class 1 to 5, or 0 for other ones.
pub(super) fn response_class(column: &str) -> Option<usize> {
    ["hrsp_other", "hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx"]
        .iter()
        .position(|name| *name == column)
}
