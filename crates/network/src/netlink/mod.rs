//! The machine that this process runs on, read and changed through rtnetlink(7), in the network namespace of the
//! thread that opens it.

mod read;
mod write;

use rtnetlink::packet_route::link::{LinkAttribute, LinkFlags, LinkMessage};
use rtnetlink::{Error, Handle};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::apply::{Machine, Refusal};
use crate::machine::Snapshot;
use crate::step::Step;

pub use read::Rule;

/// A connection to the kernel.
#[derive(Debug)]
pub struct Netlink {
    runtime: Runtime,
    handle: Handle,
    connection: JoinHandle<()>,
}

impl Netlink {
    /// Opens the connection.
    ///
    /// # Errors
    /// When there is no socket to be had.
    pub fn open() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let entered = runtime.enter();
        let (connection, handle, _) = rtnetlink::new_connection()?;
        drop(entered);
        let connection = runtime.spawn(connection);
        Ok(Self { runtime, handle, connection })
    }

    /// The policy rules of both families (`ip rule`).
    ///
    /// # Errors
    /// What the kernel says.
    pub fn rules(&self) -> Result<Vec<Rule>, Refusal> {
        self.runtime.block_on(read::rules(&self.handle)).map_err(|error| refusal(&error))
    }

    /// The tables in which everything of a family is delivered to this machine itself, as `ip route add local
    /// 0.0.0.0/0 dev lo table N` does.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn tables_that_deliver(&self) -> Result<Vec<(crate::prefix::Family, u32)>, Refusal> {
        self.runtime.block_on(read::tables_that_deliver(&self.handle)).map_err(|error| refusal(&error))
    }
}

impl Drop for Netlink {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Machine for Netlink {
    fn snapshot(&mut self) -> Result<Snapshot, Refusal> {
        self.runtime.block_on(read::snapshot(&self.handle)).map_err(|error| refusal(&error))
    }

    fn carry_out(&mut self, step: &Step) -> Result<(), Refusal> {
        self.runtime.block_on(write::carry_out(&self.handle, step)).map_err(|error| refusal(&error))
    }
}

/// The kernel's own words where it said something.
fn refusal(error: &Error) -> Refusal {
    if let Error::NetlinkError(message) = error {
        // Without the number that the standard library adds.
        let text = message.to_io().to_string();
        return Refusal(text.split(" (os error").next().unwrap_or_default().to_owned());
    }
    Refusal(error.to_string())
}

/// A device's name, whether it is up, and its mtu.
fn link_facts(message: &LinkMessage) -> (String, bool, u32) {
    let mut name = String::new();
    let mut mtu = 0;
    for attribute in &message.attributes {
        if let LinkAttribute::IfName(found) = attribute {
            name.clone_from(found);
        } else if let LinkAttribute::Mtu(found) = attribute {
            mtu = *found;
        }
    }
    (name, message.header.flags.contains(LinkFlags::Up), mtu)
}
