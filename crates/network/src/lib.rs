//! The machine's network and what a configuration needs of it.
//!
//! [`file`] reads the appliance's network file, [`plan`](plan::plan) says which steps lead from a machine's
//! [`Snapshot`](machine::Snapshot) to it, [`apply`](apply::apply) carries them out, all or none, on a machine such as
//! [`Netlink`](netlink::Netlink). [`doctor`] goes through what a machine lacks for a configuration.
//!
//! What always holds here: only `netlink` and `doctor::look` make system calls; planning and judging are functions
//! from plain data to plain data.

pub mod apply;
pub mod doctor;
pub mod file;
pub mod machine;
pub mod netlink;
pub mod plan;
pub mod prefix;
pub mod step;
