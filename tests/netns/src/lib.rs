//! The harness of the tests in network namespaces: machines made of namespaces, wires made of veth pairs, the real
//! binary between real clients and real servers.
//!
//! ```text
//!   let (client, proxy) = (Netns::new("client"), Netns::new("proxy"));
//!   veth(&client, "eth0", &proxy, "eth1");
//!   client.ip("addr add 10.0.0.9/24 dev eth0");
//!   proxy.ip("addr add 10.0.0.3/24 dev eth1");
//!   let lockgate = lockgate::start(&proxy, "...");
//!   let answer = get(&client, "10.0.0.3:80", "/");
//! ```
//! What always holds here: a namespace goes away with its value, also after a panic, and those of dead test programs
//! with the next [`Netns::new`]; every wait has a deadline; every process is stopped by its id. Making namespaces is a
//! privilege: [`privilege::missing`] says what lacks, and [`run`] counts the tests as ignored then.

mod client;
mod line;
mod namespace;
mod origin;
mod trials;

pub mod lockgate;
pub mod privilege;

pub use client::{connect, connect_from, get, get_from};
pub use line::Line;
pub use namespace::{Netns, veth};
pub use origin::{Origin, Seen};
pub use trials::{Case, Module, run};

pub use e2e::{DEADLINE, Finished, Peer, Proxy, Response};
