//! Three machines in a line: clients, a proxy, a server that knows the clients' networks only through the proxy.
//!
//! ```text
//!    clients --- eth0 proxy eth1 --- server
//!    10.0.1.9         10.0.1.1, 10.0.2.1     10.0.2.9
//!    fd01::9          fd01::1, fd02::1       fd02::9
//! ```
//! All of 10.1.0.0/16 and fd0c::/64 are the client's own addresses as well.

use crate::{Netns, veth};

/// The three. They go away with it.
#[derive(Debug)]
pub struct Line {
    /// Where clients are.
    pub client: Netns,
    /// The machine in the middle; it forwards nothing.
    pub proxy: Netns,
    /// Where servers are.
    pub server: Netns,
}

impl Default for Line {
    fn default() -> Self {
        Self::new()
    }
}

impl Line {
    /// Lays the wires and gives out the addresses.
    ///
    /// # Panics
    /// If namespaces cannot be made.
    pub fn new() -> Self {
        let (client, proxy, server) = (Netns::new("clients"), Netns::new("proxy"), Netns::new("server"));
        veth(&client, "eth0", &proxy, "eth0");
        veth(&proxy, "eth1", &server, "eth0");
        for (machine, device, n, end) in
            [(&client, "eth0", 1, 9), (&proxy, "eth0", 1, 1), (&proxy, "eth1", 2, 1), (&server, "eth0", 2, 9)]
        {
            machine.ip(&format!("addr add 10.0.{n}.{end}/24 dev {device}"));
            machine.ip(&format!("addr add fd0{n}::{end}/64 dev {device} nodad"));
        }
        for (machine, n) in [(&client, 1), (&server, 2)] {
            machine.ip(&format!("route add default via 10.0.{n}.1"));
            machine.ip(&format!("-6 route add default via fd0{n}::1"));
        }
        client.ip("route add local 10.1.0.0/16 dev lo");
        client.ip("-6 route add local fd0c::/64 dev lo");
        client.sysctl("net.ipv6.ip_nonlocal_bind", "1");
        proxy.ip("route add 10.1.0.0/16 via 10.0.1.9");
        proxy.ip("-6 route add fd0c::/64 via fd01::9");
        Self { client, proxy, server }
    }

    /// Sets the manual's rules for transparent proxying on the machine in the middle, for both families: what belongs
    /// to a socket is marked, what is marked is delivered there, all else is forwarded.
    ///
    /// # Panics
    /// If they cannot be set.
    #[must_use]
    pub fn divert(self) -> Self {
        self.proxy.sysctl("net.ipv4.ip_forward", "1");
        self.proxy.sysctl("net.ipv6.conf.all.forwarding", "1");
        for tables in ["iptables", "ip6tables"] {
            self.proxy.sh(&format!("{tables} -t mangle -N DIVERT"));
            self.proxy.sh(&format!("{tables} -t mangle -A PREROUTING -p tcp -m socket -j DIVERT"));
            self.proxy.sh(&format!("{tables} -t mangle -A DIVERT -j MARK --set-mark 1"));
            self.proxy.sh(&format!("{tables} -t mangle -A DIVERT -j ACCEPT"));
        }
        self.proxy.ip("rule add fwmark 1 lookup 100");
        self.proxy.ip("route add local 0.0.0.0/0 dev lo table 100");
        self.proxy.ip("-6 rule add fwmark 1 lookup 100");
        self.proxy.ip("-6 route add local ::/0 dev lo table 100");
        self
    }
}
