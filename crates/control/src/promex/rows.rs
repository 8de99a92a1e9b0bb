//! All metrics, one row each: name, type, and the column of `show stat` or the field of `show info` that it shows. A metric of
//! several kinds of objects is one row here and one metric for each of them.

use super::{Kind, Scope};

/// A metric of the process.
pub(super) struct Field {
    /// Its name, without the prefix.
    pub(super) name: &'static str,
    /// The field of `show info`.
    pub(super) field: &'static str,
    /// Its type.
    pub(super) kind: Kind,
}

impl Field {
    const fn gauge(name: &'static str, field: &'static str) -> Field {
        Field { name, field, kind: Kind::Gauge }
    }

    const fn counter(name: &'static str, field: &'static str) -> Field {
        Field { name, field, kind: Kind::Counter }
    }
}

/// A metric of proxies, listeners or servers.
pub(super) struct Row {
    /// Its name, without the prefix.
    pub(super) name: &'static str,
    /// The column of `show stat`.
    pub(super) column: &'static str,
    /// Its type.
    pub(super) kind: Kind,
    /// What it is told of.
    pub(super) scopes: &'static [Scope],
    /// What becomes of the column's value.
    pub(super) source: Source,
}

impl Row {
    const fn gauge(
        name: &'static str,
        column: &'static str,
        scopes: &'static [Scope],
        source: Source,
    ) -> Row {
        Row { name, column, kind: Kind::Gauge, scopes, source }
    }

    const fn counter(
        name: &'static str,
        column: &'static str,
        scopes: &'static [Scope],
        source: Source,
    ) -> Row {
        Row { name, column, kind: Kind::Counter, scopes, source }
    }

    /// A column of a module, told with `extra-counters` only and always as a counter.
    const fn module(column: &'static str, scopes: &'static [Scope], module: &'static str) -> Row {
        Row { name: column, column, kind: Kind::Counter, scopes, source: Source::Module(module) }
    }
}

/// What becomes of a column's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// It is told as it is; where it is empty, that it is no number.
    Plain,
    /// The same, of HTTP proxies only.
    Http,
    /// Responses of one class, of HTTP proxies only; the class is a label.
    Class(&'static str),
    /// Milliseconds, told in seconds; 0 where it is empty.
    Seconds,
    /// A state: 1 for the one that it is in, 0 for the others; the state is a label.
    Status,
    /// Servers in each state.
    Servers,
    /// Servers by how their last check ended.
    Checks,
    /// How the last check ended, as `Status`; nothing of servers that are not checked.
    Result,
    /// The status that the last check saw; nothing of servers that are not checked.
    Code,
    /// Milliseconds, told in seconds; nothing where it is empty.
    Duration,
    /// A figure of a module, whose name is a label.
    Module(&'static str),
}

const ALL: &[Scope] = &[Scope::Listener, Scope::Frontend, Scope::Backend, Scope::Server];
const NOT_SERVERS: &[Scope] = &[Scope::Listener, Scope::Frontend, Scope::Backend];
const NOT_LISTENERS: &[Scope] = &[Scope::Frontend, Scope::Backend, Scope::Server];
const CLIENTS: &[Scope] = &[Scope::Listener, Scope::Frontend];
const SERVING: &[Scope] = &[Scope::Backend, Scope::Server];
const PROXIES: &[Scope] = &[Scope::Frontend, Scope::Backend];
const FRONTENDS: &[Scope] = &[Scope::Frontend];
const BACKENDS: &[Scope] = &[Scope::Backend];
const SERVERS: &[Scope] = &[Scope::Server];

/// The metrics of the process, in their order.
pub(super) static FIELDS: &[Field] = &[
    Field::gauge("nbthread", "Nbthread"),
    Field::gauge("nbproc", "Nbproc"),
    Field::gauge("relative_process_id", "Process_num"),
    Field::gauge("uptime_seconds", "Uptime_sec"),
    Field::counter("pool_failures_total", "PoolFailed"),
    Field::gauge("max_fds", "Ulimit-n"),
    Field::gauge("max_sockets", "Maxsock"),
    Field::gauge("max_connections", "Maxconn"),
    Field::gauge("hard_max_connections", "Hard_maxconn"),
    Field::gauge("current_connections", "CurrConns"),
    Field::counter("connections_total", "CumConns"),
    Field::counter("requests_total", "CumReq"),
    Field::gauge("max_ssl_connections", "MaxSslConns"),
    Field::gauge("current_ssl_connections", "CurrSslConns"),
    Field::counter("ssl_connections_total", "CumSslConns"),
    Field::gauge("max_pipes", "Maxpipes"),
    Field::counter("pipes_used_total", "PipesUsed"),
    Field::counter("pipes_free_total", "PipesFree"),
    Field::gauge("current_connection_rate", "ConnRate"),
    Field::gauge("limit_connection_rate", "ConnRateLimit"),
    Field::gauge("max_connection_rate", "MaxConnRate"),
    Field::gauge("current_session_rate", "SessRate"),
    Field::gauge("limit_session_rate", "SessRateLimit"),
    Field::gauge("max_session_rate", "MaxSessRate"),
    Field::gauge("current_ssl_rate", "SslRate"),
    Field::gauge("limit_ssl_rate", "SslRateLimit"),
    Field::gauge("max_ssl_rate", "MaxSslRate"),
    Field::gauge("current_frontend_ssl_key_rate", "SslFrontendKeyRate"),
    Field::gauge("max_frontend_ssl_key_rate", "SslFrontendMaxKeyRate"),
    Field::gauge("frontend_ssl_reuse", "SslFrontendSessionReuse_pct"),
    Field::gauge("current_backend_ssl_key_rate", "SslBackendKeyRate"),
    Field::gauge("max_backend_ssl_key_rate", "SslBackendMaxKeyRate"),
    Field::counter("ssl_cache_lookups_total", "SslCacheLookups"),
    Field::counter("ssl_cache_misses_total", "SslCacheMisses"),
    Field::counter("http_comp_bytes_in_total", "CompressBpsIn"),
    Field::counter("http_comp_bytes_out_total", "CompressBpsOut"),
    Field::gauge("limit_http_comp", "CompressBpsRateLim"),
    Field::gauge("current_zlib_memory", "ZlibMemUsage"),
    Field::gauge("max_zlib_memory", "MaxZlibMemUsage"),
    Field::gauge("current_tasks", "Tasks"),
    Field::gauge("current_run_queue", "Run_queue"),
    Field::gauge("idle_time_percent", "Idle_pct"),
    Field::gauge("node", "node"),
    Field::gauge("description", "description"),
    Field::gauge("stopping", "Stopping"),
    Field::gauge("jobs", "Jobs"),
    Field::gauge("unstoppable_jobs", "Unstoppable Jobs"),
    Field::gauge("listeners", "Listeners"),
    Field::gauge("active_peers", "ActivePeers"),
    Field::gauge("connected_peers", "ConnectedPeers"),
    Field::counter("dropped_logs_total", "DroppedLogs"),
    Field::gauge("busy_polling_enabled", "BusyPolling"),
    Field::counter("failed_resolutions", "FailedResolutions"),
    Field::counter("bytes_out_total", "TotalBytesOut"),
    Field::counter("spliced_bytes_out_total", "TotalSplicedBytesOut"),
    Field::gauge("bytes_out_rate", "BytesOutRate"),
    Field::counter("recv_logs_total", "CumRecvLogs"),
    Field::gauge("build_info", "Build info"),
    Field::gauge("max_memory_bytes", "Memmax_bytes"),
    Field::gauge("pool_allocated_bytes", "PoolAlloc_bytes"),
    Field::gauge("pool_used_bytes", "PoolUsed_bytes"),
    Field::gauge("start_time_seconds", "Start_time_sec"),
    Field::counter("total_warnings", "TotalWarnings"),
    Field::gauge("patterns_added_total", "PatternsAdded"),
    Field::gauge("patterns_freed_total", "PatternsFreed"),
    Field::gauge("nb_thread_groups", "NbThreadGroups"),
];

/// The metrics of proxies, listeners and servers, in their order.
pub(super) static ROWS: &[Row] = &[
    Row::gauge("current_queue", "qcur", SERVING, Source::Plain),
    Row::gauge("max_queue", "qmax", SERVING, Source::Plain),
    Row::gauge("current_sessions", "scur", ALL, Source::Plain),
    Row::gauge("max_sessions", "smax", ALL, Source::Plain),
    Row::gauge("limit_sessions", "slim", ALL, Source::Plain),
    Row::counter("sessions_total", "stot", ALL, Source::Plain),
    Row::counter("bytes_in_total", "bin", ALL, Source::Plain),
    Row::counter("bytes_out_total", "bout", ALL, Source::Plain),
    Row::counter("requests_denied_total", "dreq", NOT_SERVERS, Source::Plain),
    Row::counter("responses_denied_total", "dresp", ALL, Source::Plain),
    Row::counter("request_errors_total", "ereq", CLIENTS, Source::Plain),
    Row::counter("connection_errors_total", "econ", SERVING, Source::Plain),
    Row::counter("response_errors_total", "eresp", SERVING, Source::Plain),
    Row::counter("retry_warnings_total", "wretr", SERVING, Source::Plain),
    Row::counter("redispatch_warnings_total", "wredis", SERVING, Source::Plain),
    Row::gauge("status", "status", ALL, Source::Status),
    Row::gauge("weight", "weight", SERVING, Source::Plain),
    Row::gauge("active_servers", "act", BACKENDS, Source::Plain),
    Row::gauge("active", "act", SERVERS, Source::Plain),
    Row::gauge("backup_servers", "bck", BACKENDS, Source::Plain),
    Row::gauge("backup", "bck", SERVERS, Source::Plain),
    Row::counter("check_failures_total", "chkfail", SERVERS, Source::Plain),
    Row::counter("check_up_down_total", "chkdown", SERVING, Source::Plain),
    Row::gauge("check_last_change_seconds", "lastchg", SERVING, Source::Plain),
    Row::counter("downtime_seconds_total", "downtime", SERVING, Source::Plain),
    Row::gauge("queue_limit", "qlimit", SERVERS, Source::Plain),
    Row::gauge("current_throttle", "throttle", SERVERS, Source::Plain),
    Row::counter("loadbalanced_total", "lbtot", SERVING, Source::Plain),
    Row::gauge("current_session_rate", "rate", NOT_LISTENERS, Source::Plain),
    Row::gauge("limit_session_rate", "rate_lim", FRONTENDS, Source::Plain),
    Row::gauge("max_session_rate", "rate_max", NOT_LISTENERS, Source::Plain),
    Row::gauge("check_status", "check_status", SERVERS, Source::Result),
    Row::gauge("check_code", "check_code", SERVERS, Source::Code),
    Row::gauge("check_duration_seconds", "check_duration", SERVERS, Source::Duration),
    Row::counter("http_responses_total", "hrsp_1xx", NOT_LISTENERS, Source::Class("1xx")),
    Row::counter("http_responses_total", "hrsp_2xx", NOT_LISTENERS, Source::Class("2xx")),
    Row::counter("http_responses_total", "hrsp_3xx", NOT_LISTENERS, Source::Class("3xx")),
    Row::counter("http_responses_total", "hrsp_4xx", NOT_LISTENERS, Source::Class("4xx")),
    Row::counter("http_responses_total", "hrsp_5xx", NOT_LISTENERS, Source::Class("5xx")),
    Row::counter("http_responses_total", "hrsp_other", NOT_LISTENERS, Source::Class("other")),
    Row::gauge("http_requests_rate_max", "req_rate_max", FRONTENDS, Source::Http),
    Row::counter("http_requests_total", "req_tot", NOT_LISTENERS, Source::Http),
    Row::counter("client_aborts_total", "cli_abrt", SERVING, Source::Plain),
    Row::counter("server_aborts_total", "srv_abrt", SERVING, Source::Plain),
    Row::counter("http_comp_bytes_in_total", "comp_in", PROXIES, Source::Http),
    Row::counter("http_comp_bytes_out_total", "comp_out", PROXIES, Source::Http),
    Row::counter("http_comp_bytes_bypassed_total", "comp_byp", PROXIES, Source::Http),
    Row::counter("http_comp_responses_total", "comp_rsp", PROXIES, Source::Http),
    Row::gauge("last_session_seconds", "lastsess", SERVING, Source::Plain),
    Row::gauge("queue_time_average_seconds", "qtime", SERVING, Source::Seconds),
    Row::gauge("connect_time_average_seconds", "ctime", SERVING, Source::Seconds),
    Row::gauge("response_time_average_seconds", "rtime", SERVING, Source::Seconds),
    Row::gauge("total_time_average_seconds", "ttime", SERVING, Source::Seconds),
    Row::gauge("agent_status", "agent_status", SERVERS, Source::Result),
    Row::gauge("agent_code", "agent_code", SERVERS, Source::Code),
    Row::gauge("agent_duration_seconds", "agent_duration", SERVERS, Source::Duration),
    Row::gauge("connections_rate_max", "conn_rate_max", FRONTENDS, Source::Plain),
    Row::counter("connections_total", "conn_tot", CLIENTS, Source::Plain),
    Row::counter("intercepted_requests_total", "intercepted", FRONTENDS, Source::Http),
    Row::counter("denied_connections_total", "dcon", CLIENTS, Source::Plain),
    Row::counter("denied_sessions_total", "dses", CLIENTS, Source::Plain),
    Row::counter("failed_header_rewriting_total", "wrew", ALL, Source::Plain),
    Row::counter("connection_attempts_total", "connect", SERVING, Source::Plain),
    Row::counter("connection_reuses_total", "reuse", SERVING, Source::Plain),
    Row::counter("http_cache_lookups_total", "cache_lookups", PROXIES, Source::Http),
    Row::counter("http_cache_hits_total", "cache_hits", PROXIES, Source::Http),
    Row::gauge("idle_connections_current", "srv_icur", SERVERS, Source::Plain),
    Row::gauge("idle_connections_limit", "src_ilim", SERVERS, Source::Plain),
    Row::gauge("max_queue_time_seconds", "qtime_max", SERVING, Source::Seconds),
    Row::gauge("max_connect_time_seconds", "ctime_max", SERVING, Source::Seconds),
    Row::gauge("max_response_time_seconds", "rtime_max", SERVING, Source::Seconds),
    Row::gauge("max_total_time_seconds", "ttime_max", SERVING, Source::Seconds),
    Row::counter("internal_errors_total", "eint", ALL, Source::Plain),
    Row::gauge("unsafe_idle_connections_current", "idle_conn_cur", SERVERS, Source::Plain),
    Row::gauge("safe_idle_connections_current", "safe_conn_cur", SERVERS, Source::Plain),
    Row::gauge("used_connections_current", "used_conn_cur", SERVERS, Source::Plain),
    Row::gauge("need_connections_current", "need_conn_est", SERVERS, Source::Plain),
    Row::gauge("uweight", "uweight", SERVING, Source::Plain),
    Row::gauge("agg_server_check_status", "agg_server_check_status", BACKENDS, Source::Servers),
    Row::gauge("agg_server_status", "agg_server_status", BACKENDS, Source::Servers),
    Row::gauge("agg_check_status", "agg_check_status", BACKENDS, Source::Checks),
    Row::gauge("private_idle_connections_current", "priv_idle_cur", SERVERS, Source::Plain),
    Row::counter("req_bytes_in_total", "reqbin", ALL, Source::Plain),
    Row::counter("req_bytes_out_total", "reqbout", ALL, Source::Plain),
    Row::counter("res_bytes_in_total", "resbin", ALL, Source::Plain),
    Row::counter("res_bytes_out_total", "resbout", ALL, Source::Plain),
    Row::counter("http_cache_hint_hits_total", "cache_hint_hits", PROXIES, Source::Http),
    Row::module("h2_headers_rcvd", PROXIES, "h2"),
    Row::module("h2_data_rcvd", PROXIES, "h2"),
    Row::module("h2_settings_rcvd", PROXIES, "h2"),
    Row::module("h2_rst_stream_rcvd", PROXIES, "h2"),
    Row::module("h2_goaway_rcvd", PROXIES, "h2"),
    Row::module("h2_detected_conn_protocol_errors", PROXIES, "h2"),
    Row::module("h2_detected_strm_protocol_errors", PROXIES, "h2"),
    Row::module("h2_rst_stream_resp", PROXIES, "h2"),
    Row::module("h2_goaway_resp", PROXIES, "h2"),
    Row::module("h2_open_connections", PROXIES, "h2"),
    Row::module("h2_backend_open_streams", PROXIES, "h2"),
    Row::module("h2_total_connections", PROXIES, "h2"),
    Row::module("h2_backend_total_streams", PROXIES, "h2"),
    Row::module("ssl_sess", ALL, "ssl"),
    Row::module("ssl_reused_sess", ALL, "ssl"),
    Row::module("ssl_failed_handshake", ALL, "ssl"),
    Row::module("ssl_ocsp_staple", ALL, "ssl"),
    Row::module("ssl_failed_ocsp_staple", ALL, "ssl"),
    Row::module("h1_open_connections", PROXIES, "h1"),
    Row::module("h1_open_streams", PROXIES, "h1"),
    Row::module("h1_total_connections", PROXIES, "h1"),
    Row::module("h1_total_streams", PROXIES, "h1"),
    Row::module("h1_bytes_in", PROXIES, "h1"),
    Row::module("h1_bytes_out", PROXIES, "h1"),
    Row::module("h1_spliced_bytes_in", PROXIES, "h1"),
    Row::module("h1_spliced_bytes_out", PROXIES, "h1"),
];

/// The metrics of stick tables: name, meaning.
pub(super) static TABLES: &[(&str, &str)] = &[
    ("size", "Entries that the table may have"),
    ("used", "Entries that the table has"),
    ("local_updates", "Updates of this process that peers are to be told"),
];

/// The metrics of HTTP/3 and QUIC, which are told of frontends and backends by programs that speak these.
pub(super) static QUIC: &[&str] = &[
    "h3_cancel_push",
    "h3_closed_critical_stream",
    "h3_connect_error",
    "h3_data",
    "h3_excessive_load",
    "h3_frame_error",
    "h3_frame_unexpected",
    "h3_general_protocol_error",
    "h3_goaway",
    "h3_headers",
    "h3_id_error",
    "h3_internal_error",
    "h3_max_push_id",
    "h3_message_error",
    "h3_missing_settings",
    "h3_no_error",
    "h3_push_promise",
    "h3_request_cancelled",
    "h3_request_incomplete",
    "h3_request_rejected",
    "h3_settings",
    "h3_settings_error",
    "h3_stream_creation_error",
    "h3_version_fallback",
    "pack_decompression_failed",
    "qpack_decoder_stream_error",
    "qpack_encoder_stream_error",
    "quic_conn_migration_done",
    "quic_data_blocked",
    "quic_dropped_parsing_pkt",
    "quic_dropped_pkt",
    "quic_dropped_pkt_bufoverrun",
    "quic_half_open_conn",
    "quic_hdshk_fail",
    "quic_lost_pkt",
    "quic_ncbuf_gap_limit",
    "quic_retry_error",
    "quic_retry_sent",
    "quic_retry_validated",
    "quic_rxbuf_full",
    "quic_sendto_err",
    "quic_sendto_err_unknwn",
    "quic_sent_pkt",
    "quic_socket_full",
    "quic_stless_rst_sent",
    "quic_stream_data_blocked",
    "quic_streams_blocked_bidi",
    "quic_streams_blocked_uni",
    "quic_too_short_dgram",
    "quic_transp_err_aead_limit_reached",
    "quic_transp_err_application_error",
    "quic_transp_err_connection_id_limit",
    "quic_transp_err_connection_refused",
    "quic_transp_err_crypto_buffer_exceeded",
    "quic_transp_err_crypto_error",
    "quic_transp_err_final_size_error",
    "quic_transp_err_flow_control_error",
    "quic_transp_err_frame_encoding_error",
    "quic_transp_err_internal_error",
    "quic_transp_err_invalid_token",
    "quic_transp_err_key_update_error",
    "quic_transp_err_no_error",
    "quic_transp_err_no_viable_path",
    "quic_transp_err_protocol_violation_error",
    "quic_transp_err_stream_limit_error",
    "quic_transp_err_stream_state_error",
    "quic_transp_err_transport_parameter_error",
    "quic_transp_err_unknown_error",
];
