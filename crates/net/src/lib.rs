//! Sockets: listeners, connections, buffers, timers, splice. The only crate with unsafe code.
