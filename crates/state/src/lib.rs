//! What runs, without rules and without I/O: proxies, servers, counters, queues, balancing, tables, patterns, variables.
