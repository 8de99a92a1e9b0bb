//! Three machines: clients, proxy, server, and the proxy that runs on the one in the middle.

use std::time::{Duration, Instant};

use netns::{DEADLINE, Line, Proxy, connect_from};

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

/// The machines and the proxy. All go away with it, the proxy first.
pub(crate) struct Site {
    proxy: Proxy,
    machines: Line,
    target: &'static str,
}

impl Site {
    /// Builds the machines and starts `program`.
    pub(crate) fn new(program: &str, variant: Variant) -> Site {
        let machines = Line::new();
        let machines = if variant == Variant::Plain { machines } else { machines.divert() };
        let (target, words, source) = match variant {
            Variant::Plain | Variant::Ruled => ("10.0.1.1:80", "", ""),
            Variant::Transparent => ("1.1.1.1:80", "transparent", "source 0.0.0.0 usesrc clientip"),
        };
        load::serve(&machines.server, "10.0.2.9:8000");
        let text = format!(
            "global\n nbthread 1\ndefaults\n mode http\n timeout client 30s\n timeout server 30s\n \
             timeout connect 5s\nlisten web\n bind {target} {words}\n {source}\n server s 10.0.2.9:8000\n"
        );
        let proxy = Proxy::builder(&text).command(machines.proxy.command(program)).start();
        let site = Site { proxy, machines, target };
        site.wait();
        site
    }

    /// Until it listens.
    fn wait(&self) {
        let deadline = Instant::now() + DEADLINE;
        let (local, target) = ("10.1.0.1:0".parse(), self.target.parse());
        let (Ok(local), Ok(target)) = (local, target) else { unreachable!("both are addresses") };
        while self.machines.client.enter(|| connect_from(local, target)).is_err() {
            assert!(Instant::now() < deadline, "the proxy does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Loads it for some time.
    pub(crate) fn load(&self, clients: Clients, time: Duration) -> Cost {
        load::run(&self.machines.client, self.target, clients, self.proxy.pid(), time)
    }
}
