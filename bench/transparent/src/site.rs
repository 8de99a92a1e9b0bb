//! Three machines: clients, proxy, server, and the proxy that runs on the one in the middle.

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use netns::{DEADLINE, Netns, connect_from, veth};
use tempfile::TempDir;

use crate::load::{self, Clients, Cost};

/// Which of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// Addresses of the proxy's own.
    Plain,
    /// The same on a machine with the rules, through which its packets go as well.
    Ruled,
    /// Nobody's address to bind to, the clients' to connect from.
    Transparent,
}

/// The rules of the manual.
const RULES: &str = "
sysctl -qw net.ipv4.ip_forward=1
iptables -t mangle -N DIVERT
iptables -t mangle -A PREROUTING -p tcp -m socket -j DIVERT
iptables -t mangle -A DIVERT -j MARK --set-mark 1
iptables -t mangle -A DIVERT -j ACCEPT
ip rule add fwmark 1 lookup 100
ip route add local 0.0.0.0/0 dev lo table 100
";

/// The machines and the proxy. All go away with it.
pub(crate) struct Site {
    clients: Netns,
    target: &'static str,
    proxy: Child,
    // Held until the proxy has ended.
    _machines: [Netns; 2],
    _directory: TempDir,
}

impl Site {
    /// Builds the machines and starts `program`.
    pub(crate) fn new(program: &str, variant: Variant) -> Site {
        let (clients, proxy, server) = (Netns::new("clients"), Netns::new("proxy"), Netns::new("server"));
        veth(&clients, "eth0", &proxy, "eth0");
        veth(&proxy, "eth1", &server, "eth0");
        clients.ip("addr add 10.0.1.9/24 dev eth0");
        proxy.ip("addr add 10.0.1.1/24 dev eth0");
        proxy.ip("addr add 10.0.2.1/24 dev eth1");
        server.ip("addr add 10.0.2.9/24 dev eth0");
        clients.ip("route add default via 10.0.1.1");
        server.ip("route add default via 10.0.2.1");
        clients.ip("route add local 10.1.0.0/16 dev lo");
        proxy.ip("route add 10.1.0.0/16 via 10.0.1.9");
        if variant != Variant::Plain {
            proxy.sh(RULES);
        }
        let (target, words, source) = match variant {
            Variant::Plain | Variant::Ruled => ("10.0.1.1:80", "", ""),
            Variant::Transparent => ("1.1.1.1:80", "transparent", "source 0.0.0.0 usesrc clientip"),
        };
        load::serve(&server, "10.0.2.9:8000");
        let text = format!(
            "global\n nbthread 1\ndefaults\n mode http\n timeout client 30s\n timeout server 30s\n \
             timeout connect 5s\nlisten web\n bind {target} {words}\n {source}\n server s 10.0.2.9:8000\n"
        );
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = directory.path().join("proxy.cfg");
        fs::write(&file, text).expect("the directory can be written");
        let mut command = proxy.command(program);
        command.args(["-db", "-f"]).arg(&file).stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
        let site = Site { clients, target, proxy: child, _machines: [proxy, server], _directory: directory };
        site.wait();
        site
    }

    /// Until it listens.
    fn wait(&self) {
        let deadline = Instant::now() + DEADLINE;
        let (local, target) = ("10.1.0.1:0".parse(), self.target.parse());
        let (Ok(local), Ok(target)) = (local, target) else { unreachable!("both are addresses") };
        while self.clients.enter(|| connect_from(local, target)).is_err() {
            assert!(Instant::now() < deadline, "the proxy does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Loads it for some time.
    pub(crate) fn load(&self, clients: Clients, time: Duration) -> Cost {
        load::run(&self.clients, self.target, clients, self.proxy.id(), time)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.proxy.kill();
        let _ = self.proxy.wait();
    }
}
