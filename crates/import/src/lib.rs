//! Configurations of other programs, written as ours.
//!
//! What always holds: a written configuration names the place of every line that it comes from, and what could not be
//! carried over is told, never dropped in silence. A condition for access that cannot be carried over closes what it
//! guarded.

pub mod apache;
