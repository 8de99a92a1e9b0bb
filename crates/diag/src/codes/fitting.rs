//! `E05xx`: what only shows when everything was read: proxies that lack something, or do not fit each other.

pages! {
    /// A proxy that nobody can connect to.
    NO_BIND = "E0501", "a frontend without a `bind` line" {
        says: "The proxy has a client side and no `bind` line that is in use.",
        why: "No connection will ever reach it. Add a `bind` line, make the section a `backend`, or take it out.",
        wrong: "frontend web\n    mode http\n",
        right: "frontend web\n    mode http\n    bind :80\n",
    }
    /// Timeouts are missing.
    NO_TIMEOUT = "E0502", "a proxy without timeouts" {
        says: "The proxy has no `timeout client`, `timeout connect` or `timeout server`, its own or inherited.",
        why: "Without them a silent peer keeps its connection, and the memory that goes with it, for ever; after some weeks nothing is left. Mostly a `defaults` section sets all three.",
        wrong: "listen web\n    bind :80\n    server s1 127.0.0.1:8080\n",
        right: "defaults\n    timeout client 30s\n    timeout connect 5s\n    timeout server 30s\nlisten web\n    bind :80\n    server s1 127.0.0.1:8080\n",
    }
    /// A frontend and a backend of different modes.
    MODES_DIFFER = "E0503", "a frontend and its backend have different modes" {
        says: "The backend that a frontend uses is of another mode than the frontend.",
        why: "What arrives as plain bytes cannot be sent on as HTTP requests to an HTTP backend, nor the other way round. Give both the same `mode`, best in `defaults`.",
        wrong: "frontend web\n    mode http\n    bind :80\n    default_backend app\nbackend app\n    mode tcp\n",
        right: "frontend web\n    mode http\n    bind :80\n    default_backend app\nbackend app\n    mode http\n",
    }
    /// HTTP keywords in a proxy of mode tcp.
    NEEDS_HTTP = "E0504", "a keyword that needs `mode http`" {
        says: "The keyword is about HTTP, and the proxy is not in `mode http`.",
        why: "Without `mode http` a proxy passes bytes on and never looks for requests in them. HAProxy starts with such a line and leaves it out. Add `mode http`, mostly in `defaults`.",
        wrong: "listen web\n    bind :80\n    http-request deny if TRUE\n",
        right: "listen web\n    mode http\n    bind :80\n    http-request deny if TRUE\n",
    }
    /// A server whose port or check port is missing.
    SERVER_PORT = "E0505", "a server without a port for its checks" {
        says: "The server is checked, and there is no port to check: its address has none, or one that depends on the client's.",
        why: "Name the port in the address, or for checks alone with `port`.",
        wrong: "backend app\n    server s1 127.0.0.1 check\n",
        right: "backend app\n    server s1 127.0.0.1 check port 8080\n",
    }
    /// A log backend, a target of logs, or a server that gets datagrams does not fit the others.
    LOG_BACKEND = "E0506", "a log backend that cannot take logs" {
        says: "A `log` line names a backend that is not in `mode log`; or such a backend has servers or a `balance` that logs cannot use; or a server of another backend gets datagrams.",
        why: "A backend in `mode log` sends each message to one of its servers, either datagrams to all of them (`udp@`) or over connections to all of them, at IP addresses. It can choose by `roundrobin`, `random`, `sticky` and `log-hash` with `hash-type map-based`, as there is no client and no request to look at.",
        wrong: "backend collectors\n    mode log\n    balance leastconn\n    server s1 udp@127.0.0.1:514\n",
        right: "backend collectors\n    mode log\n    balance roundrobin\n    server s1 udp@127.0.0.1:514\n",
    }
    /// Filters that do not fit together.
    FILTERS = "E0507", "filters that do not fit together" {
        says: "A proxy has a filter twice, in an order that cannot work, or lacks the line of one that must be named beside others.",
        why: "Filters see a message one after the other. Compression needs no line of its own while it is alone, or beside a cache, which then keeps what is not compressed yet; beside others their order matters, and is said by their lines.",
        wrong: "frontend web\n    mode http\n    bind :80\n    filter comp-res\n    filter comp-res\n    compression algo gzip\n",
        right: "frontend web\n    mode http\n    bind :80\n    filter comp-res\n    compression algo gzip\n",
    }
}
