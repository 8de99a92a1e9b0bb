//! The verbs: workers, sessions, streams, balancing, connections, forwarding, checks.
